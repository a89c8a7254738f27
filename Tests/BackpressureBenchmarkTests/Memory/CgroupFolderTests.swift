import Foundation
import Testing

@testable import BackpressureBenchmark

@Suite("A control group with a memory limit")
struct CgroupFolderTests {
    private static var isAvailable: Bool { method != nil }

    private static let method = [MemoryCap.Method.cgroupV2, .cgroupV1].first { method in
        guard let group = try? CgroupFolder(method: method, capBytes: 64 << 20) else { return false }
        group.remove()
        return true
    }

    @Test("is made with its limit, and gone when removed", .enabled(if: isAvailable, "no cgroup can be made here"))
    func limit() throws {
        let method = try #require(Self.method)
        let cap = 80 << 20
        let group = try CgroupFolder(method: method, capBytes: cap)
        let file = method == .cgroupV2 ? "memory.max" : "memory.limit_in_bytes"
        let limit = try String(contentsOfFile: "\(group.path)/\(file)", encoding: .utf8)
        #expect(limit.split(whereSeparator: \.isWhitespace) == ["\(cap)"])
        #expect(group.oomKills == 0)
        group.remove()
        #expect(!FileManager.default.fileExists(atPath: group.path))
        group.remove()
        #expect(group.oomKills == nil && group.peakBytes == nil)
    }

    @Test("is its own for each child", .enabled(if: isAvailable, "no cgroup can be made here"))
    func several() throws {
        let groups = try (0..<3).map { _ in try CgroupFolder(method: #require(Self.method), capBytes: 64 << 20) }
        defer { for group in groups { group.remove() } }
        #expect(Set(groups.map(\.path)).count == 3)
    }

    @Test("kills whom it holds at the limit, and counts that", .enabled(if: isAvailable, "no cgroup can be made here"))
    func kill() async throws {
        let group = try CgroupFolder(method: #require(Self.method), capBytes: 16 << 20)
        defer { group.remove() }
        // Grows a shell variable without end.
        let growing = "x=0123456789abcdef; while :; do x=$x$x; done"
        let script = "cat > /dev/null; echo 0 > '\(group.path)/cgroup.procs' && { \(growing); }"
        let outcome = try await ChildProcess(executable: "/bin/sh", arguments: ["-c", script])
            .run(Samples.job(Samples.flood, kind: .flood))
        #expect(outcome.ending == .signalled(9), "\(outcome)")
        #expect(group.oomKills == 1)
        #expect(group.peakBytes.map { $0 > 8 << 20 && $0 <= 17 << 20 } ?? true)
        #expect(FloodEnding(outcome, capBytes: 16 << 20, oomKills: group.oomKills).kind == .diedOfMemory)
    }

    @Test("isn't made where there is no such hierarchy, nor entered where there is no such group")
    func missing() {
        #expect(throws: CgroupError.self) { try CgroupFolder(method: .extentHooks, capBytes: 1) }
        let error = #expect(throws: CgroupError.self) { try CgroupFolder.enter("/no/such/group") }
        #expect(error?.description.contains("/no/such/group") == true)
    }
}
