import Foundation
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// A child process that does one piece of work, seen from the parent.
struct ChildProcess: Sendable {
    /// The executable that is run as a child: this one, which has the same implementations registered.
    let executable: String
    /// The words that make it a child.
    let arguments: [String]

    /// How it went.
    struct Outcome: Sendable {
        var report: MeasurementReport?
        /// Why it could not measure, in its own words.
        var failure: String?
        var heartbeats: [Heartbeat] = []
        /// What checks came to, and the one that hasn't ended.
        var checked: [VerificationOutcome] = []
        var checking: String?
        /// The checks that have said what came of them.
        var reported: Set<String> = []
        var ending = Ending.finished
        /// Wall time of the process.
        var seconds = 0.0
        /// The last lines of its standard error.
        var complaint = ""
    }

    /// How the process ended.
    enum Ending: Sendable, Equatable {
        case finished
        case exited(Int)
        case signalled(Int)
        /// It was still running at its time limit and was killed.
        case hung

        /// It ended with the whole group: Ctrl-C, or its terminal was closed.
        var isInterruption: Bool { self == .signalled(Int(SIGINT)) || self == .signalled(Int(SIGHUP)) }
    }

    /// Runs `job` in a process of its own. Cancelling the task kills the process.
    ///
    /// - Throws: ``MeasurementError`` if no process could be started; `CancellationError`.
    func run(_ job: some ChildJob) async throws -> Outcome {
        let input = try JSONEncoder().encode(job)
        let start = ContinuousClock.now
        var outcome: Outcome
        do {
            let result = try await Subprocess.run(
                .path(FilePath(executable)),
                arguments: Arguments(arguments),
                environment: .inherit.updating([
                    "MALLOC_CONF": job.mallocConfiguration,
                    // A crash is to be reported, not investigated.
                    "SWIFT_BACKTRACE": "enable=no",
                ]),
                input: .data(input),
                output: .sequence,
                error: .sequence
            ) { execution in
                try await listen(to: execution, limit: .seconds(job.timeLimitSeconds))
            }
            outcome = result.closureResult
            if outcome.ending == .finished {
                switch result.terminationStatus {
                case .exited(0): break
                case .exited(let code): outcome.ending = .exited(Int(code))
                case .signaled(let signal): outcome.ending = .signalled(Int(signal))
                }
            }
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw MeasurementError("the measuring process could not be run (\(executable)): \(error)")
        }
        try Task.checkCancellation()
        outcome.seconds = (ContinuousClock.now - start) / .seconds(1)
        return outcome
    }

    private func listen<Input>(
        to execution: Execution<Input, SequenceOutput, SequenceOutput>,
        limit: Duration
    ) async throws -> Outcome {
        let standardOutput = execution.standardOutput
        let standardError = execution.standardError
        return try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask { try await .messages(messages(in: standardOutput)) }
            group.addTask { try await .complaint(lastLines(of: standardError)) }
            group.addTask {
                do { try await Task.sleep(for: limit) } catch { return .inTime }
                return .late
            }
            var outcome = Outcome()
            var streams = 2
            while streams > 0, let part = try await group.next() {
                switch part {
                case .messages(let messages):
                    outcome.report = messages.report
                    outcome.failure = messages.failure
                    outcome.heartbeats = messages.heartbeats
                    (outcome.checked, outcome.reported) = (messages.checked, messages.reported)
                    outcome.checking = messages.checking
                    streams -= 1
                case .complaint(let lines):
                    outcome.complaint = lines
                    streams -= 1
                case .late:
                    outcome.ending = .hung
                    try execution.send(signal: .kill)
                case .inTime:
                    break
                }
            }
            group.cancelAll()
            return outcome
        }
    }

    private enum Part: Sendable {
        case messages(Outcome)
        case complaint(String)
        case inTime, late
    }
}

private func messages(in output: SubprocessOutputSequence) async throws -> ChildProcess.Outcome {
    var outcome = ChildProcess.Outcome()
    let decoder = JSONDecoder()
    for try await line in output.strings(bufferingPolicy: .unbounded) {
        // A line cut short by the process's death says nothing; the ones before it do.
        guard let message = try? decoder.decode(ChildMessage.self, from: Data(line.utf8)) else { continue }
        switch message {
        case .heartbeat(let heartbeat): outcome.heartbeats.append(heartbeat)
        case .report(let report): outcome.report = report
        case .failure(let reason): outcome.failure = reason
        case .checking(let check): outcome.checking = check
        case .checked(let outcomes):
            outcome.checked += outcomes
            if let check = outcome.checking { outcome.reported.insert(check) }
            outcome.checking = nil
        }
    }
    return outcome
}

private func lastLines(of output: SubprocessOutputSequence) async throws -> String {
    var lines: [String] = []
    var isTrace = false
    for try await line in output.strings(bufferingPolicy: .unbounded) {
        // What Swift's runtime prints after its message says nothing without symbols.
        isTrace = isTrace || line.hasPrefix("Current stack trace:")
        if isTrace { continue }
        lines.append(line.trimmingCharacters(in: .whitespacesAndNewlines))
        if lines.count > 4 { lines.removeFirst() }
    }
    return lines.filter { !$0.isEmpty }.joined(separator: " / ")
}
