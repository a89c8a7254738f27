/// What is verified: an implementation that is registered.
enum VerificationSubject: Sendable {
    case queue(QueueImplementation)
    case limiter(LimiterImplementation)
    case breaker(BreakerImplementation)
    case concurrencyLimit(ConcurrencyLimitImplementation)

    var implementation: any RegisteredImplementation {
        switch self {
        case .queue(let queue): queue
        case .limiter(let limiter): limiter
        case .breaker(let breaker): breaker
        case .concurrencyLimit(let limit): limit
        }
    }

    var id: String { implementation.id }
    var family: Family { implementation.family }
    var role: Role { implementation.role }
    var library: String? { implementation.library }
    var mechanism: Scenario.Mechanism { implementation.mechanism }
    /// What it is held to, in a few words.
    var specification: String { implementation.heldTo }
}

/// Something that is verified of an implementation, in a process of its own; gives one outcome or several.
///
/// Adding a check is a file in `Checks/` and an entry in ``all``.
struct VerificationCheck: Sendable {
    /// What `--check` calls it, and what its outcomes are named by (or begin with).
    let id: String
    let mechanism: Scenario.Mechanism
    /// One line for `list`.
    let summary: String
    /// How many seconds it takes, however much time there is; an upper estimate.
    var fixedSeconds = 0.0
    /// Its part of the time that is left over; 0: more time buys nothing.
    var share = 0.0
    /// The most that it makes use of.
    var mostSeconds = Double.infinity
    /// How much longer it may go on where it has seen too little: on a busy machine threads seldom meet.
    var patienceSeconds = 0.0
    /// The cases that can be made alone; empty: none.
    var cases: [VerificationCaseForm] = []
    /// Why it isn't for an implementation; `nil`: it is.
    let reasonAgainst: @Sendable (VerificationSubject) -> String?
    let perform: @Sendable (VerificationSubject, VerificationEffort) async throws -> [VerificationOutcome]

    /// Every check, in the order in which they are made and shown.
    static let all: [VerificationCheck] = [
        .queueContract, .histories, .droppingHistories, .throttling, .delivery, .parking, .queueMemory, .queueExtras,
        .limiterContract, .decisions, .contendedEnvelope, .limiterExtras, .breakerContract, .contendedProbes,
        .concurrencyLimitContract, .contendedPermits, .concurrencyLimitExtras,
    ]

    /// Those for one implementation.
    static func checks(for subject: VerificationSubject) -> [VerificationCheck] {
        all.filter { $0.mechanism == subject.mechanism }
    }
}

/// How much a check may do.
struct VerificationEffort: Codable, Sendable {
    var seed: UInt64
    /// Time for what gets better with time.
    var seconds: Double
    /// How much longer it may go on where it has seen too little.
    var patienceSeconds = 0.0
    /// The case to make alone; `nil`: all of them.
    var only: VerificationCase?
    /// Of the cases about one in so many is made, others with each seed: for one of many runs.
    var sampleOneIn = 1
}
