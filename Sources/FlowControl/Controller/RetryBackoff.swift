internal import ConcurrencySupport

/// How often something that failed is tried, and how long to wait in between: a pure value.
///
/// The wait doubles with each attempt up to a bound, and is shortened by a random share, so that those who failed together
/// don't come back together.
public struct RetryBackoff: Sendable, Hashable {
    /// How often it is tried before it is given up, the first time included.
    public let attempts: Int
    /// The wait after the first attempt, in nanoseconds.
    public let firstNanoseconds: UInt64
    /// The longest wait, in nanoseconds.
    public let longestNanoseconds: UInt64
    /// The largest share of a wait that chance takes away, from 0 to 1.
    public let jitter: Double
    /// Decides the chance: the same seed, the same waits.
    public let seed: UInt64

    /// - Parameters:
    ///   - attempts: the first included; at least 1, else a precondition fails.
    ///   - first: the wait after the first attempt; not negative, else a precondition fails.
    ///   - longest: the longest wait; at least `first`, else a precondition fails.
    ///   - jitter: the largest share of a wait that chance takes away, from 0 to 1, else a precondition fails.
    ///   - seed: decides the chance; by default another each time.
    public init(
        attempts: Int = 5,
        first: Duration = .milliseconds(50),
        longest: Duration = .seconds(5),
        jitter: Double = 0.5,
        seed: UInt64 = .random(in: .min ... .max)
    ) {
        precondition(attempts >= 1, "at least one attempt; \(attempts) were asked for")
        precondition(.zero <= first && first <= longest, "waits from zero up; they were \(first) and \(longest)")
        precondition((0...1).contains(jitter), "jitter is a share from 0 to 1; it was \(jitter)")
        self.attempts = attempts
        firstNanoseconds = first.nanosecondsClamped
        longestNanoseconds = longest.nanosecondsClamped
        self.jitter = jitter
        self.seed = seed
    }

    /// One attempt, no other.
    public static var never: RetryBackoff { RetryBackoff(attempts: 1, seed: 0) }

    /// How long to wait after an attempt, in nanoseconds.
    ///
    /// - Parameters:
    ///   - attempt: which one has failed, from 1.
    ///   - generator: where the chance comes from.
    public func delayNanoseconds(
        afterAttempt attempt: Int,
        using generator: inout some RandomNumberGenerator
    ) -> UInt64 {
        let doublings = min(max(attempt - 1, 0), 62)
        let (doubled, overflows) = firstNanoseconds.multipliedReportingOverflow(by: 1 << UInt64(doublings))
        let delay = overflows ? longestNanoseconds : min(doubled, longestNanoseconds)
        guard jitter > 0 else { return delay }
        let share = Double.random(in: 0...jitter, using: &generator)
        return delay - min(delay, UInt64(Double(delay) * share))
    }
}

/// The chance of a ``RetryBackoff``: SplitMix64.
struct BackoffGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
