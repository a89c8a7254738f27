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
    var spent: UInt32 = 0

    /// - Parameter pauses: how often to pause (some 40 ns each) before yielding.
    @inlinable @inline(__always)
    public init(pauses: UInt32 = 16) {
        self.pauses = pauses
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

    /// Starts over after an attempt that succeeded.
    @inlinable @inline(__always)
    public mutating func reset() {
        spent = 0
    }
}
