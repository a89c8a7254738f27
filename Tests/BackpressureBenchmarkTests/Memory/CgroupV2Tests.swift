import Foundation
import Testing

@testable import BackpressureBenchmark

/// Version 2, on machines that have none too: in a folder that stands for the hierarchy.
@Suite("A cgroup of version 2")
struct CgroupV2Tests {
    private static let cap = 64 << 20

    /// What the kernel would say of a hierarchy in `root`.
    private func hierarchy(
        in root: String,
        controllers: String = "cpu io memory pids",
        own: String = "/session"
    ) throws -> CgroupHierarchy? {
        try controllers.write(toFile: "\(root)/cgroup.controllers", atomically: true, encoding: .utf8)
        return CgroupHierarchy(
            method: .cgroupV2,
            mounts: "proc /proc proc rw 0 0\ncgroup2 \(root) cgroup2 rw,nosuid 0 0\n",
            groups: "3:cpu:/other\n0::\(own)\n"
        )
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test("is made below this process's own, with the limit and without swap, and asks for the memory controller")
    func made() async throws {
        try await withTemporaryFolder { root in
            try FileManager.default.createDirectory(atPath: "\(root)/session", withIntermediateDirectories: false)
            let hierarchy = try #require(try hierarchy(in: root))
            let group = try CgroupFolder(in: hierarchy, capBytes: Self.cap, files: O_CREAT)
            #expect(group.path.hasPrefix("\(root)/session/backpressure-"))
            #expect(try text("\(group.path)/memory.max") == "\(Self.cap)")
            #expect(try text("\(group.path)/memory.swap.max") == "0")
            #expect(try text("\(root)/session/cgroup.subtree_control") == "+memory")
        }
    }

    @Test("is made below the root where there is no room below this process's own")
    func fallback() async throws {
        try await withTemporaryFolder { root in
            let hierarchy = try #require(try hierarchy(in: root, own: "/gone"))
            #expect(hierarchy.candidates == ["\(root)/gone", root])
            let group = try CgroupFolder(in: hierarchy, capBytes: Self.cap, files: O_CREAT)
            #expect(group.path.hasPrefix("\(root)/backpressure-"))
        }
    }

    @Test("is entered by writing to its list, and tells how many it killed and how high it came")
    func read() async throws {
        try await withTemporaryFolder { root in
            let group = try CgroupFolder(
                in: #require(try hierarchy(in: root, own: "/")),
                capBytes: Self.cap,
                files: O_CREAT
            )
            #expect(group.oomKills == nil && group.peakBytes == nil)
            for (name, text) in [
                ("cgroup.procs", ""), ("memory.events", "low 0\nhigh 0\nmax 41\noom 3\noom_kill 2\noom_group_kill 0\n"),
                ("memory.peak", "67108864\n"),
            ] {
                try text.write(toFile: "\(group.path)/\(name)", atomically: true, encoding: .utf8)
            }
            try CgroupFolder.enter(group.path)
            #expect(try text("\(group.path)/cgroup.procs") == "0")
            #expect(group.oomKills == 2 && group.peakBytes == 67_108_864)
        }
    }

    @Test("isn't made where the kernel has given memory to version 1, or has no file for the limit")
    func unavailable() async throws {
        try await withTemporaryFolder { root in
            #expect(try hierarchy(in: root, controllers: "cpu io pids") == nil)
            let hierarchy = try #require(try hierarchy(in: root, own: "/"))
            // Without O_CREAT this folder is what it is: no cgroup.
            #expect(throws: CgroupError.self) { try CgroupFolder(in: hierarchy, capBytes: Self.cap) }
            let left = try FileManager.default.contentsOfDirectory(atPath: root)
            #expect(!left.contains { $0.hasPrefix("backpressure-") }, "nothing stays behind")
        }
    }
}
