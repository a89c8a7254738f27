import BackpressureTesting
import Synchronization

/// What one check of one implementation came to.
struct VerificationOutcome: Codable, Sendable, Equatable {
    /// The `verdict` column.
    enum Verdict: String, Codable, Sendable {
        case pass, fail
        /// Too little was seen for a verdict to mean anything: counts as a failure.
        case vacuous
        /// The check isn't for this implementation; the detail says why.
        case unsupported
    }

    /// The `check` column.
    var check: String
    /// The id of the ``VerificationCheck`` that it is of, to make that alone again; the process that makes it fills it in.
    var origin: String?
    var verdict: Verdict
    /// What the implementation is held to, in a word or two.
    var specification: String
    /// What was tried, and how much of it had an effect; `nil`: not counted.
    var operations: Int?
    var successes: Int?
    /// Of the operations, per cent that overlapped one of another thread.
    var overlapPercent: Double?
    /// Interleavings that were explored.
    var schedules: Int?
    /// What was found, or why nothing could be: a line, then a counter-example of several if there is one.
    var detail: String?
    /// Of a failure: how to see it again; `nil`: by making the whole check again.
    var replay: VerificationReplay?

    /// A check that ended as it should, unless it did nothing at all.
    static func passed(_ check: String, _ specification: String, operations: Int, successes: Int) -> Self {
        Self(
            check: check,
            verdict: successes > 0 ? .pass : .vacuous,
            specification: specification,
            operations: operations,
            successes: successes,
            detail: successes > 0 ? nil : "nothing that was tried had an effect"
        )
    }
}

extension VerificationOutcome {
    /// One promise of a protocol, as its conformance suite finds it kept or not.
    ///
    /// - Parameters:
    ///   - promise: the suite's name of it.
    ///   - reason: why it isn't promised; `nil`: it is.
    ///   - tally: counts what `run` does.
    static func contract(
        _ promise: String,
        unless reason: String?,
        seed: UInt64,
        counting tally: OperationTally,
        _ run: () async throws(ConformanceFailure) -> Void
    ) async -> VerificationOutcome {
        let name = "contract-\(promise.inKebabCase)"
        if let reason {
            return VerificationOutcome(check: name, verdict: .unsupported, specification: "protocol", detail: reason)
        }
        do throws(ConformanceFailure) {
            try await run()
            // Some promises are about refusals alone, which have no effect.
            return .passed(name, "protocol", operations: tally.operations, successes: tally.operations)
        } catch {
            let words = "expected \(error.expectation); but \(error.observation)"
            let replay = VerificationReplay(seed: seed, only: VerificationCase(("promise", promise.inKebabCase)))
            return .failed(name, "protocol", (tally.operations, tally.successes), words, replay)
        }
    }

    static func failed(
        _ check: String,
        _ specification: String,
        _ tally: (operations: Int, successes: Int),
        _ detail: String,
        _ replay: VerificationReplay? = nil
    ) -> Self {
        Self(
            check: check,
            verdict: .fail,
            specification: specification,
            operations: tally.operations,
            successes: tally.successes,
            detail: detail,
            replay: replay
        )
    }
}

extension String {
    /// `camelCase` as `camel-case`.
    var inKebabCase: String {
        reduce(into: "") { result, character in
            if character.isUppercase { result += "-" }
            result += character.lowercased()
        }
    }
}

/// How many operations there were, and how many of them pushed, took or were granted something.
final class OperationTally: Sendable {
    private let counts = Mutex((operations: 0, successes: 0))

    var operations: Int { counts.withLock(\.operations) }
    var successes: Int { counts.withLock(\.successes) }

    func count(_ successes: Int, of operations: Int = 1) {
        counts.withLock {
            $0.operations += operations
            $0.successes += successes
        }
    }
}

/// A row of `verify.csv`.
package struct VerifyRow: ResultRow {
    package var mechanism: Scenario.Mechanism
    package var implementation: String
    package var family: String
    package var check: String
    package var specification: String
    package var operations: Int?
    package var successes: Int?
    package var overlapPct: Double?
    package var schedules: Int?
    package var seed: UInt64
    package var verdict: String
    /// On one line.
    package var detail: String?

    package static let columns: [ResultColumn<Self>] = [
        .init("mechanism", \.mechanism),
        .init("implementation", \.implementation),
        .init("family", \.family),
        .init("check", \.check),
        .init("specification", \.specification),
        .init("operations", \.operations),
        .init("successes", \.successes),
        .init("overlap_pct", \.overlapPct),
        .init("schedules", \.schedules),
        .init("seed", \.seed),
        .init("verdict", \.verdict),
        .init("detail", \.detail),
    ]

    init(_ subject: VerificationSubject, _ outcome: VerificationOutcome, seed: UInt64) {
        mechanism = subject.mechanism
        implementation = subject.id
        family = subject.family.rawValue
        check = outcome.check
        specification = outcome.specification
        operations = outcome.operations
        successes = outcome.successes
        overlapPct = outcome.overlapPercent.map { ($0 * 10).rounded() / 10 }
        schedules = outcome.schedules
        self.seed = seed
        verdict = outcome.verdict.rawValue
        detail = outcome.detail.map { $0.split(whereSeparator: \.isNewline).joined(separator: " / ") }
    }
}
