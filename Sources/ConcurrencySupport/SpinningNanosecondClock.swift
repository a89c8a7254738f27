internal import CConcurrencySupport

/// The machine's monotonic clock, for those who must wake on the microsecond: sleeps until shortly before the time and
/// spins for the rest.
///
/// Timers of the system wake a task late, and from the task that slept to the one that it resumes it is as far again. Spinning
/// takes both away, at a price: for each wait up to ``spinNanoseconds`` of processor time, during which a thread of the
/// cooperative pool does nothing else. At 1 000 waits a second and 200 µs, that is a fifth of one processor at most.
///
/// Of those who wait for a limiter only the first in line spins, however many there are; cancelled meanwhile, it has its permits
/// all the same. Not behind an actor: there the task that keeps time spins, and the way from it to the caller remains.
@frozen
public struct SpinningNanosecondClock: NanosecondClock {
    /// How long before the time a sleep ends and spinning begins, in nanoseconds.
    public let spinNanoseconds: UInt64

    /// A clock whose sleeps end with so much spinning.
    ///
    /// - Parameter spin: negative counts as zero.
    public init(spin: Duration = .microseconds(200)) {
        spinNanoseconds = spin.nanosecondsClamped
    }

    /// Reads the clock: some 20 ns.
    @inlinable @inline(__always)
    public func nanoseconds() -> UInt64 { SystemNanosecondClock().nanoseconds() }

    /// Sleeps, then spins until the clock reads `deadline`.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    public func sleep(untilNanoseconds deadline: UInt64) async throws {
        try await sleep(shortOfNanoseconds: deadline)
        while nanoseconds() < deadline {
            try Task.checkCancellation()
            backpressure_cpu_relax()
        }
    }

    /// Sleeps until ``spinNanoseconds`` before the clock reads `deadline`.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    public func sleep(shortOfNanoseconds deadline: UInt64) async throws {
        let early = deadline > spinNanoseconds ? deadline - spinNanoseconds : 0
        try await SystemNanosecondClock().sleep(untilNanoseconds: early)
    }
}
