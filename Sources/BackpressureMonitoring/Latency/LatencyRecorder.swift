public import CConcurrencySupport
public import ConcurrencySupport
public import Synchronization

/// Where latencies are recorded: what goes between a mechanism and its monitor, on every element.
///
/// ``record(nanoseconds:)`` is wait-free, takes no lock, reads no clock and allocates nothing: an index, a choice of stripe
/// by the thread, and one atomic addition. Any number of threads and tasks record at once.
///
/// Why not an HDR histogram behind a lock: recording into one takes no longer, but callers would wait for each other, and
/// for whoever reads percentiles. Here a reading takes the counts away, one counter after the other, and puts them into
/// HDR histograms that nobody else touches; nothing recorded meanwhile is lost, and all of it is in that reading or the
/// next.
///
/// Memory: 36 KiB for each stripe, for good, whatever is recorded.
public final class LatencyRecorder: @unchecked Sendable {
    // Sendable: the memory at `counters` is atomics only, which live as long as this does; the rest is constant.
    @usableFromInline let counters: UnsafeMutablePointer<Atomic<UInt>>
    @usableFromInline let stripeShift: UInt64
    private let total: Int

    /// - Parameter stripes: into how many copies of the counters recording is spread, rounded up to a power of two; `nil`:
    ///   one for each processor, at most 8. Threads that share a stripe and record like latencies at the same time wait
    ///   for each other's cache line.
    public init(stripes: Int? = nil) {
        let wanted = min(max(1, stripes ?? min(8, Processors.count)), 1 << 10)
        let bits = Int.bitWidth - (wanted - 1).leadingZeroBitCount
        // A shift by all 64 bits gives 0 in Swift: the one stripe that there is.
        stripeShift = UInt64(64 - bits)
        total = LatencyBuckets.count << bits
        // A stripe is a whole number of cache lines, so that none is in two.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: total * MemoryLayout<UInt>.stride, alignment: 128)
        counters = memory.bindMemory(to: Atomic<UInt>.self, capacity: total)
        for index in 0..<total { (counters + index).initialize(to: Atomic(0)) }
    }

    deinit {
        counters.deinitialize(count: total)
        UnsafeMutableRawPointer(counters).deallocate()
    }

    /// Records a latency. Some nanoseconds; never waits, never allocates.
    ///
    /// - Parameter nanoseconds: any; above ``LatencyBuckets/largestNanoseconds`` it counts as that.
    @inlinable @inline(__always)
    public func record(nanoseconds: UInt64) {
        // Fibonacci hashing: threads' bits differ in the middle, where their stacks are.
        let stripe = (backpressure_thread_bits() &* 0x9E37_79B9_7F4A_7C15) >> stripeShift
        let index =
            Int(truncatingIfNeeded: stripe) &* LatencyBuckets.count
            &+ LatencyBuckets.index(ofNanoseconds: nanoseconds)
        // Relaxed: a count orders nothing and is used for nothing but being added up.
        (counters + index).pointee.wrappingAdd(1, ordering: .relaxed)
    }

    /// Records a latency. See ``record(nanoseconds:)``.
    ///
    /// - Parameter duration: a negative one counts as 0.
    @inlinable
    public func record(_ duration: Duration) {
        record(nanoseconds: duration.nanosecondsClamped)
    }

    /// How much memory the counters take, in bytes: constant.
    public var memoryBytes: Int { total * MemoryLayout<UInt>.stride }

    /// Takes away what was recorded since the last time. One caller at a time; O(counters).
    func takeCounts(_ body: (_ index: Int, _ count: UInt) -> Void) {
        for position in 0..<total {
            let count = HardwareWord(at: counters + position).takeCount()
            if count != 0 { body(position % LatencyBuckets.count, count) }
        }
    }
}

extension AtomicWord {
    /// What was added since the last time. One caller at a time, while others add.
    func takeCount() -> UInt {
        // Relaxed, like the additions. It may be old, and is never more than there is.
        let count = loadRelaxed()
        // Taken off, not set to zero: more may have been added since. Most are zero, and a load doesn't take the cache line
        // from those who record.
        if count != 0 { addRelaxed(0 &- count) }
        return count
    }
}
