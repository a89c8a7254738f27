public import CConcurrencySupport

/// What a thread does between refused attempts: a few processor pauses first, then it gives up its time slice.
///
/// Yielding soon matters more than spinning long: once threads outnumber processors, whoever spins keeps the thread it
/// waits for from running.
@frozen
public struct Backoff: Sendable {
    @usableFromInline
    let pauses: UInt32
    @usableFromInline
    let yields: UInt32
    @usableFromInline
    var spent: UInt32 = 0

    /// - Parameters:
    ///   - pauses: how often to pause (some 40 ns each) before yielding.
    ///   - yields: how often to yield before it is time to park; see ``pauseOrYield()``.
    @inlinable @inline(__always)
    public init(pauses: UInt32 = 16, yields: UInt32 = 32) {
        self.pauses = pauses
        self.yields = yields
    }

    /// Pauses if there are pauses left; `false`: spinning on would only waste time. For tasks, which must not yield the
    /// thread they run on.
    @inlinable @inline(__always)
    public mutating func pauseBriefly() -> Bool {
        guard spent < pauses else { return false }
        spent &+= 1
        backpressure_cpu_relax()
        return true
    }

    /// Waits a little: a pause, or once those are spent a `sched_yield` (some 0.7 µs). For threads.
    @inlinable @inline(__always)
    public mutating func pause() {
        if !pauseBriefly() { sched_yield() }
    }

    /// Waits a little as ``pause()`` does; `false`: all pauses and yields are spent, it is time to park the thread.
    @inlinable
    public mutating func pauseOrYield() -> Bool {
        if pauseBriefly() { return true }
        guard spent < pauses &+ yields else { return false }
        spent &+= 1
        sched_yield()
        return true
    }

    /// Gives up this thread's time slice (some 0.7 µs).
    @inlinable
    public static func yieldThread() { sched_yield() }

    /// Starts over after an attempt that succeeded.
    @inlinable @inline(__always)
    public mutating func reset() {
        spent = 0
    }
}
