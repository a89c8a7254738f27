public import CConcurrencySupport

/// Stamps for the calls and returns of a history: cheap, the same for all threads, and never such that an operation looks
/// shorter than it was.
///
/// A global counter would order everything, but perturbs the very interleavings that matter.
///
/// With the processor's time stamp counter a stamp before a call costs some 14 ns, one after it 33 ns, since it waits
/// until others can see what the operation stored. Elsewhere, and where the counter isn't steady, the stamps are those of
/// the monotonic clock between fences: some 25 ns more.
@frozen
public struct HistoryClock: Sendable, Hashable {
    /// Where stamps come from.
    @frozen
    public enum Source: Sendable, Hashable {
        /// The time stamp counter of an x86-64 processor.
        case timeStampCounter
        /// `CLOCK_MONOTONIC`, in nanoseconds.
        case monotonicClock
    }

    /// Where the stamps come from.
    public let source: Source

    /// The time stamp counter if there is one that is steady and the same on all cores, else the monotonic clock.
    public static let best = HistoryClock(source: isCounterSteady ? .timeStampCounter : .monotonicClock)

    /// Works on every machine.
    public static let monotonic = HistoryClock(source: .monotonicClock)

    /// Whether processor and kernel say that the time stamp counter is invariant and the same on all cores.
    public static var isCounterSteady: Bool { backpressure_has_steady_counter() != 0 }

    private init(source: Source) { self.source = source }

    /// A stamp not later than the beginning of what follows.
    @inlinable @inline(__always)
    public func stampBeforeCall() -> UInt64 {
        if source == .timeStampCounter { return backpressure_counter_before_call() }
        let stamp = backpressure_monotonic_nanoseconds()
        backpressure_instruction_fence()
        return stamp
    }

    /// A stamp not earlier than the end of what precedes, by when others can see what that stored.
    @inlinable @inline(__always)
    public func stampAfterCall() -> UInt64 {
        if source == .timeStampCounter { return backpressure_counter_after_call() }
        backpressure_instruction_fence()
        let stamp = backpressure_monotonic_nanoseconds()
        backpressure_instruction_fence()
        return stamp
    }

    /// Both clocks at one moment, to find out how fast stamps count.
    struct Reading {
        var stamp: UInt64
        var nanoseconds: UInt64
    }

    func reading() -> Reading {
        Reading(stamp: stampAfterCall(), nanoseconds: backpressure_monotonic_nanoseconds())
    }

    /// How many units of the stamps have passed in a nanosecond between two readings.
    func ticksPerNanosecond(from first: Reading, to second: Reading) -> Double {
        guard source == .timeStampCounter, second.nanoseconds > first.nanoseconds, second.stamp > first.stamp else {
            return 1
        }
        return Double(second.stamp - first.stamp) / Double(second.nanoseconds - first.nanoseconds)
    }
}
