/// When a circuit breaker opens, for how long, and what closes it again.
public struct CircuitBreakerSettings: Sendable, Hashable {
    /// Which calls count.
    public enum Window: Sendable, Hashable {
        /// The last so many: 1 to 16 384.
        case calls(Int)
        /// Those of so long a time, in 2 to 64 buckets of at least 1 ms each. A call counts for the whole length less one
        /// bucket at least and for no longer than the length.
        case time(Duration, buckets: Int)
    }

    /// Which calls count; the last 100 unless set.
    public var window = Window.calls(100)
    /// How many calls must be in the window before the two rates are judged; at least 1, and no more than a window of calls
    /// holds; 20 unless set. A run of failures in a row is a number of calls of its own.
    public var minimumCalls = 20
    /// Opens when at least this share of the calls has failed, above 0 to 1, to a millionth; `nil`: isn't judged; one half
    /// unless set.
    public var failureRate: Double? = 0.5
    /// Opens when at least this share of the calls was slow, above 0 to 1, to a millionth; `nil`, which it is unless set:
    /// no call is slow, and no clock is read to find out.
    public var slowCallRate: Double?
    /// A call that took longer than this is slow, whether it failed or not; 1 s unless set.
    public var slowCallDuration = Duration.seconds(1)
    /// Opens when so many calls in a row have failed, as they were recorded: 1 to 16 384; `nil`, which it is unless set:
    /// isn't judged.
    public var consecutiveFailures: Int?

    /// How long it stays open the first time; at least 1 ns; 5 s unless set.
    public var wait = Duration.seconds(5)
    /// How much longer it stays open each time that a probe has opened it again, until it closes; at least 1; 2 unless set.
    public var backoffFactor = 2.0
    /// The longest that it stays open; 60 s unless set.
    public var longestWait = Duration.seconds(60)

    /// The most probes at once; at least 1, which it is unless set, and at most 16 384.
    public var concurrentProbes = 1
    /// How many probes must go well to close it; at least 1 and at most 16 384; 3 unless set. While it is half-open no more
    /// than that are let through, the cancelled ones not counted.
    public var successesToClose = 3
    /// How long it waits for probes without which it can't go on. If so long after the last was let through there is still no
    /// place for another, those not recorded are taken for lost: it begins to probe anew. At least 1 ns; 60 s unless set.
    public var probeTimeout = Duration.seconds(60)

    /// Opens at half of the last 100 calls failed, 20 at least; waits 5 s, then twice as long each time up to 60 s; closes
    /// after 3 probes that went well, one at a time.
    public init() {}
}
