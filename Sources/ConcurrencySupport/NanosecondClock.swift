public import CConcurrencySupport

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// A monotonic clock read as a plain number of nanoseconds.
///
/// `Swift.Clock` gives instants of 128 bits; converting one takes longer than a rate limiter's whole decision, so the
/// mechanisms that read time on every operation are generic over this protocol instead. Inject a manual one in tests.
public protocol NanosecondClock: Sendable {
    /// Nanoseconds since an origin of the clock's own choosing; never goes backwards.
    func nanoseconds() -> UInt64

    /// Suspends until the clock reads `deadline` or later, as close to it as the platform's timers allow.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func sleep(untilNanoseconds deadline: UInt64) async throws

    /// How long before a moment whoever waits for it should be awake, to spin for the rest, in nanoseconds. Without an
    /// implementation 0: waking is left to ``sleep(untilNanoseconds:)``.
    var spinNanoseconds: UInt64 { get }

    /// Suspends until ``spinNanoseconds`` before the clock reads `deadline`, as close to that as the platform's timers allow.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func sleep(shortOfNanoseconds deadline: UInt64) async throws
}

extension NanosecondClock {
    /// 0: nobody spins.
    @inlinable
    public var spinNanoseconds: UInt64 { 0 }

    /// ``sleep(untilNanoseconds:)``.
    @inlinable
    public func sleep(shortOfNanoseconds deadline: UInt64) async throws {
        try await sleep(untilNanoseconds: deadline)
    }

    /// Holds this thread, spinning, until the clock reads `deadline`: for the last ``spinNanoseconds`` of a wait.
    package func spin(untilNanoseconds deadline: UInt64) {
        while nanoseconds() < deadline { backpressure_cpu_relax() }
    }
}

/// The machine's monotonic clock (`CLOCK_MONOTONIC`): not moved by changes of the wall clock.
@frozen
public struct SystemNanosecondClock: NanosecondClock {
    /// The one clock of the machine; all values are alike.
    @inlinable @inline(__always)
    public init() {}

    /// Reads the clock: some 20 ns.
    @inlinable @inline(__always)
    public func nanoseconds() -> UInt64 {
        backpressure_monotonic_nanoseconds()
    }

    /// Sleeps with zero tolerance; late by what the system's timers are late.
    public func sleep(untilNanoseconds deadline: UInt64) async throws {
        while true {
            let now = nanoseconds()
            guard now < deadline else { return }
            try await Task.sleep(for: .nanoseconds(deadline - now), tolerance: .zero)
        }
    }
}

extension SystemNanosecondClock {
    /// Holds this thread until the clock reads `deadline`.
    @available(*, noasync, message: "blocks the thread; use sleep(untilNanoseconds:) in a task")
    public func sleepBlocking(untilNanoseconds deadline: UInt64) {
        while true {
            let now = nanoseconds()
            guard now < deadline else { return }
            let remaining = deadline - now
            var time = timespec()
            time.tv_sec = .init(remaining / 1_000_000_000)
            time.tv_nsec = .init(remaining % 1_000_000_000)
            nanosleep(&time, nil)
        }
    }
}

extension Duration {
    /// Whole nanoseconds, from 0 to half of what 64 bits hold, so that a sum with a clock's reading can't overflow.
    public var nanosecondsClamped: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let largest = UInt64.max / 2
        guard seconds < Int64(largest / 1_000_000_000) else { return largest }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
