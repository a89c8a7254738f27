import Foundation
import Testing

@testable import BackpressureBenchmark

@Suite("A child process", .timeLimit(.minutes(5)))
struct ChildProcessTests {
    /// Runs a script after it has read its job: whoever writes to a pipe that nobody reads is ended by a signal.
    private func run(_ script: String, timeLimitSeconds: Double = 60) async throws -> ChildProcess.Outcome {
        try await ChildProcess(executable: "/bin/sh", arguments: ["-c", "job=$(cat); \(script)"])
            .run(Samples.job(timeLimitSeconds: timeLimitSeconds))
    }

    private func line(_ message: ChildMessage) throws -> String {
        String(decoding: try JSONEncoder().encode(message), as: UTF8.self)
    }

    @Test("hands over its messages, whatever else it prints")
    func messages() async throws {
        let heartbeat = try line(.heartbeat(Samples.heartbeat(milliseconds: 1, allocated: 1)))
        let report = try line(.report(Samples.report([.throughput: 42])))
        let outcome = try await run(
            "echo hello; echo '\(heartbeat)'; echo '\(heartbeat)'; echo '\(report)'; printf '{\"re'"
        )
        #expect(outcome.ending == .finished)
        #expect(outcome.heartbeats.count == 2)
        #expect(outcome.report?[.throughput] == 42)
        #expect(outcome.failure == nil)
        #expect(try await run("echo '\(line(.failure("why")))'").failure == "why")
    }

    @Test("is given its job on standard input")
    func input() async throws {
        let outcome = try await run("case $job in *'\"implementation\":\"mutex\"'*) exit 3;; esac")
        #expect(outcome.ending == .exited(3))
    }

    @Test("is known to have exited, crashed or hung")
    func endings() async throws {
        #expect(try await run("exit 97").ending == .exited(97))
        #expect(try await run("kill -SEGV $$").ending == .signalled(11))
        #expect(try await run("kill -KILL $$").ending == .signalled(9))
        #expect(try await run("exec sleep 1000", timeLimitSeconds: 0.1).ending == .hung)
    }

    @Test("has its last words passed on, without the stack trace after them")
    func lastWords() async throws {
        #expect(try await run("echo first >&2; echo second >&2; exit 1").complaint == "first / second")
        let trace = try await run(
            "echo 'Fatal error: why' >&2; echo 'Current stack trace:' >&2; seq 30 >&2; kill -ILL $$"
        )
        #expect(trace.complaint == "Fatal error: why")
        #expect(try await run("seq 30 >&2").complaint == "27 / 28 / 29 / 30")
    }

    @Test("is ended when its task is cancelled")
    func cancellation() async throws {
        let task = Task { try await run("exec sleep 1000") }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("that can't be started is an error that names it")
    func noExecutable() async throws {
        let child = ChildProcess(executable: "/no/such/tool", arguments: [])
        let error = await #expect(throws: MeasurementError.self) { try await child.run(Samples.job()) }
        #expect(error?.description.contains("/no/such/tool") == true)
    }
}
