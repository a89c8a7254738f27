import Foundation
import Testing

@testable import BackpressureBenchmark

@Suite("Environment record")
struct EnvironmentRecordTests {
    @Test("The file has the agreed keys, and reads back as the same record")
    func roundTrip() throws {
        let data = try full.json()
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            object.keys.sorted() == [
                "cap_method", "clock_cost_ns", "command_line", "cores", "cpu_model", "date", "git_commit", "git_dirty",
                "host", "jemalloc_version", "kernel", "memory_bytes", "noise", "profile", "seed", "swift_version",
            ]
        )
        let noise = try #require(object["noise"] as? [String: Any])
        #expect(
            noise.keys.sorted() == [
                "calibration_cv", "measurements_repeated", "ping_pong_max_ns", "ping_pong_p50_ns",
            ]
        )
        #expect(try JSONDecoder().decode(EnvironmentRecord.self, from: data) == full)
        #expect(data.last == UInt8(ascii: "\n"))
    }

    @Test("What isn't known has no key")
    func unknown() throws {
        var record = full
        record.gitCommit = nil
        record.noise.calibrationCV = nil
        let text = String(decoding: try record.json(), as: UTF8.self)
        #expect(!text.contains("git_commit") && !text.contains("calibration_cv"))
        #expect(text.contains("git_dirty"))
    }

    @Test("A capture holds what it was told and what the machine says, and leaves the rest open")
    func capture() async {
        let record = await EnvironmentRecord.capture(
            swiftVersion: "6.3",
            jemallocVersion: nil,
            commandLine: ["tool", "run"],
            profile: .quick,
            seed: .max,
            repository: nil,
            date: Date(timeIntervalSince1970: 0)
        )
        #expect(record.date == "1970-01-01T00:00:00Z")
        #expect(record.profile == "quick")
        #expect(record.commandLine == ["tool", "run"])
        #expect(record.seed == .max)
        #expect(record.cores > 0 && record.memoryBytes > 0)
        #expect(record.host != nil && record.kernel != nil)
        #expect(record.gitCommit == nil && record.gitDirty == nil)
        #expect(record.capMethod == nil && record.clockCostNs == nil && record.noise == .init())
    }

    @Test("The processor's model is the first one named, and none where none is")
    func cpuModel() {
        let text = "processor\t: 0\nmodel name\t: A: fast one\nmodel name\t: B\n"
        #expect(Machine.cpuModel(inCPUInfo: text) == "A: fast one")
        #expect(Machine.cpuModel(inCPUInfo: "processor\t: 0\nCPU part\t: 0xd0c\nmodel name\t:\n") == nil)
        #expect(Machine.cpuModel(inCPUInfo: "") == nil)
    }

    private var full: EnvironmentRecord {
        EnvironmentRecord(
            date: "2026-01-02T03:04:05Z",
            host: "host",
            cpuModel: "model",
            cores: 2,
            memoryBytes: 1 << 33,
            kernel: "Linux 6",
            swiftVersion: "6.3.1",
            jemallocVersion: "5.3.0",
            gitCommit: "abc",
            gitDirty: false,
            commandLine: ["a/b"],
            profile: "standard",
            seed: .max,
            capMethod: "cgroup-v2",
            clockCostNs: 20.5,
            noise: .init(calibrationCV: 0.01, pingPongP50Ns: 100, pingPongMaxNs: 9_000, measurementsRepeated: 3)
        )
    }
}

@Suite("Git revision")
struct GitRevisionTests {
    @Test("A clean working copy has a commit; any new file makes it dirty")
    func cleanAndDirty() async throws {
        try await withTemporaryFolder { folder in
            try git(folder, "init", "--quiet")
            #expect(await GitRevision.current(in: folder, timeLimit: .seconds(60)) == nil)
            try git(folder, "commit", "--quiet", "--allow-empty", "--no-gpg-sign", "--message", "first")
            let clean = try #require(await GitRevision.current(in: folder, timeLimit: .seconds(60)))
            #expect(clean.commit.count >= 40 && clean.commit.allSatisfy(\.isHexDigit))
            #expect(clean.isDirty == false)
            try Data("new".utf8).write(to: URL(filePath: folder + "/new"))
            #expect(await GitRevision.current(in: folder, timeLimit: .seconds(60))?.isDirty == true)
        }
    }

    @Test("No working copy, no git and a git that doesn't answer are unknown, not an error")
    func unknown() async throws {
        try await withTemporaryFolder { folder in
            #expect(await GitRevision.current(in: folder + "/none", timeLimit: .seconds(60)) == nil)
            try git(folder, "init", "--quiet")
            try git(folder, "commit", "--quiet", "--allow-empty", "--no-gpg-sign", "--message", "first")
            #expect(await GitRevision.current(in: folder, timeLimit: .seconds(60), searchPath: folder) == nil)
            let silent = folder + "/git"
            try Data("#!/bin/sh\nkill -STOP $$\n".utf8).write(to: URL(filePath: silent))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: silent)
            #expect(await GitRevision.current(in: folder, timeLimit: .milliseconds(1), searchPath: folder) == nil)
        }
    }

    private func git(_ folder: String, _ arguments: String...) throws {
        let identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"]
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["git", "-C", folder] + identity + arguments
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "git \(arguments)")
    }
}
