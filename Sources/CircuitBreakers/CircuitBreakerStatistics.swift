/// What has happened to a circuit breaker since it was made.
///
/// Every call permitted ends as succeeded, failed, late or cancelled, if its caller keeps to the rules; at rest the counts
/// are exact.
public struct CircuitBreakerStatistics: Sendable, Hashable {
    /// The state now.
    public var state = CircuitState.closed
    /// Which state it is, counted from 1: grows by one with every change, also from a state to itself.
    public var generation: UInt64 = 1
    /// Calls that were recorded as successes, while the breaker was disabled too.
    public var succeeded: UInt64 = 0
    /// Calls that were recorded as failures.
    public var failed: UInt64 = 0
    /// Of those succeeded or failed, the slow ones; none if slow calls aren't judged.
    public var slow: UInt64 = 0
    /// Calls whose result came after the generation in which they were begun, so that it changed nothing.
    public var late: UInt64 = 0
    /// Permits given back.
    public var cancelled: UInt64 = 0
    /// Calls refused.
    public var refused: UInt64 = 0
    /// Probes that were given up because nobody recorded them. If somebody does later, they are also late.
    public var lostProbes: UInt64 = 0
    /// How often results opened it: from closed, and again from half-open.
    public var timesOpened: UInt64 = 0
    /// How often it began to probe.
    public var timesHalfOpened: UInt64 = 0
    /// How often probes closed it.
    public var timesClosed: UInt64 = 0
    /// The calls in the window; none unless it is closed.
    public var window = WindowCounts()

    /// Counts of a breaker that nobody has used.
    public init() {}

    /// The calls in a circuit breaker's window.
    public struct WindowCounts: Sendable, Hashable {
        /// All of them.
        public var calls: Int
        /// Those that failed.
        public var failures: Int
        /// Those that were slow, failed or not.
        public var slow: Int

        /// Counts of a window; of an empty one unless told otherwise.
        public init(calls: Int = 0, failures: Int = 0, slow: Int = 0) {
            self.calls = calls
            self.failures = failures
            self.slow = slow
        }
    }
}
