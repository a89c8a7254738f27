import Foundation
import Subprocess
import Synchronization
import Testing

@Suite("An interrupted run", .serialized, .timeLimit(.minutes(5)))
struct InterruptionTests {
    @Test(
        "ends soon, with valid files, and leaves nothing running",
        arguments: [Signal.interrupt, .terminate, .terminalClosed]
    )
    func interrupted(by signal: Signal) async throws {
        // Under `nohup` the tool wouldn't heed a terminal that is closed.
        let before = Foundation.signal(SIGHUP, SIG_DFL)
        defer { _ = Foundation.signal(SIGHUP, before) }
        let workspace = try Workspace()
        // It would go on for an hour.
        let flood = TinyScenario.flood(
            ["mutex"],
            serviceMilliseconds: 1,
            overloadFactor: 2,
            capMebibytes: 256,
            durationSeconds: 3_600
        )
        let options = try workspace.options(.saturated(["mutex"]), flood)
        let children = Mutex<[pid_t]>([])
        let tool = Mutex<pid_t>(0)
        let arguments = ["run", "--repetitions", "1", "--verbose"] + options
        let run = try await Tool.benchmark.run(arguments) { line, process in
            guard line.hasPrefix("memory of saturated") else { return }
            let parent = process.processIdentifier.value
            let found = await Processes.workingChildren(of: parent)
            children.withLock { $0 = found }
            tool.withLock { $0 = parent }
            // A terminal reaches the whole group, with Ctrl-C or as it is closed; `kill` reaches the tool alone.
            try process.send(signal: signal, toProcessGroup: signal != .terminate)
        }
        let files = try ResultFiles(workspace.output)
        try files.expectVerdict(of: run, exitCode: 5)
        #expect(files.findings.map(\.message) == ["interrupted with 1 of 3 measurements left"])
        #expect(files.rows("comparison.csv").first?["throughput_per_s"] != nil, "what was measured is there")
        #expect(files.rows("stress.csv").isEmpty)
        for child in children.withLock({ $0 }) { #expect(!Processes.isRunning(child)) }
        #expect(Processes.controlGroups(of: tool.withLock { $0 }).isEmpty)
    }
}

/// What the system knows of processes. Knows nothing where there is no `/proc`.
private enum Processes {
    /// Waits until a process has a child that has started threads of its own, and gives its children.
    static func workingChildren(of parent: pid_t) async -> [pid_t] {
        #if os(Linux)
        while true {
            let children = names(in: "/proc").compactMap { pid_t($0) }.filter { Self.parent(of: $0) == parent }
            if children.contains(where: { names(in: "/proc/\($0)/task").count > 2 }) { return children }
            await Task.yield()
        }
        #else
        return []
        #endif
    }

    static func isRunning(_ process: pid_t) -> Bool { kill(process, 0) == 0 }

    /// The control groups that a process made and didn't remove.
    static func controlGroups(of process: pid_t) -> [String] {
        let all = FileManager.default.enumerator(atPath: "/sys/fs/cgroup")?.lazy.compactMap { $0 as? String }
        return all?.filter { $0.contains("/backpressure-\(process)-") } ?? []
    }

    private static func parent(of process: pid_t) -> pid_t? {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("PPid:") }
        return line?.split(whereSeparator: \.isWhitespace).last.flatMap { pid_t($0) }
    }

    private static func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }
}
