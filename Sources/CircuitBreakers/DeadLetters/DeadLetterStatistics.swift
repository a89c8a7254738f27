/// What went through a ``DeadLetterQueue`` since it was made. At every moment `accepted = taken + inside`.
public struct DeadLetterStatistics: Sendable, Hashable {
    /// Letters that entered, those that the store held before included.
    public var accepted: UInt64 = 0
    /// Letters that found no room and stayed with their senders.
    public var refused: UInt64 = 0
    /// Letters that left: taken by callers or redriven.
    public var taken: UInt64 = 0
    /// Of those taken, the ones that a redrive delivered.
    public var redriven: UInt64 = 0
    /// How often a redrive failed or was cancelled, so that its letter stayed.
    public var failedRedrives: UInt64 = 0
    /// Letters inside now.
    public var inside = 0
    /// Of those inside, the ones that a redrive is trying to deliver.
    public var beingRedriven = 0
    /// How many of those inside, and not being redriven, are of which kind; the ones that the store held before are of none
    /// until they come to its head.
    public var insideByKind: [DeadLetterReason.Kind: Int] = [:]

    /// Counts of a queue that nobody has used.
    public init() {}
}

/// What a redrive has come to.
public struct RedriveReport: Sendable, Hashable {
    /// Letters delivered.
    public var delivered = 0
    /// Letters whose delivery failed or was cancelled, so that they stay.
    public var failed = 0
    /// The circuit breaker's refusal that ended the redrive; `nil`: none did.
    public var refusal: CircuitOpen?

    /// Nothing tried.
    public init() {}
}

extension DeadLetterReason {
    /// The reason without its details: what is counted.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// ``DeadLetterReason/circuitOpen``
        case circuitOpen
        /// ``DeadLetterReason/failed(_:)``
        case failed
        /// ``DeadLetterReason/malformed(_:)``
        case malformed
        /// ``DeadLetterReason/expired``
        case expired
        /// ``DeadLetterReason/shutDown``
        case shutDown
    }

    /// The reason without its details.
    public var kind: Kind {
        switch self {
        case .circuitOpen: .circuitOpen
        case .failed: .failed
        case .malformed: .malformed
        case .expired: .expired
        case .shutDown: .shutDown
        }
    }
}
