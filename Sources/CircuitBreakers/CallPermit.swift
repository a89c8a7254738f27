/// A circuit breaker's leave to make one call; recorded or cancelled once, with the breaker that gave it.
@frozen
public struct CallPermit: Sendable, Hashable {
    /// The breaker's generation when the call was permitted: results from before a change of state tell nothing about it.
    public let generation: UInt64
    /// When, by the breaker's clock; 0 if the breaker judges no durations and so didn't look.
    public let startNanoseconds: UInt64

    /// A permit; for implementations.
    @inlinable @inline(__always)
    public init(generation: UInt64, startNanoseconds: UInt64) {
        self.generation = generation
        self.startNanoseconds = startNanoseconds
    }
}

/// A circuit breaker's answer.
@frozen
public enum CallPermission: Sendable, Hashable {
    /// Make the call, then record how it went or cancel the permit.
    case permitted(CallPermit)
    /// Don't call. Nanoseconds after which to ask again: until the breaker will let a probe through, or if it waits for
    /// probes that are out, no longer than its first wait; `nil`: it is held open until somebody resets it.
    case refused(retryAfterNanoseconds: UInt64?)

    /// The permit, if there is one.
    @inlinable @inline(__always)
    public var permit: CallPermit? {
        if case .permitted(let permit) = self { permit } else { nil }
    }
}

/// How a permitted call went. Whether it was slow is the breaker's to say, from its duration.
@frozen
public enum CallOutcome: UInt8, Sendable, Hashable, CaseIterable {
    /// It did what it should.
    case success
    /// It counts against what was called.
    case failure
}

/// What an error that a call threw says about what was called.
@frozen
public enum ErrorVerdict: Sendable, Hashable, CaseIterable {
    /// It counts against what was called.
    case failure
    /// What was called works: the fault is the caller's, a malformed request for example.
    case success
    /// Nothing: the call counts as neither, and a probe's place is free again.
    case ignored
}
