/// How latencies are sorted into counters: each power of two is divided into 128, and below 256 every number has a counter
/// of its own.
///
/// It is the layout of an HDR histogram of two significant digits (G. Tene), so counts go from one to the other without
/// losing precision; but the index is four instructions here, and the counters can be atomic.
public enum LatencyBuckets {
    /// Into how many parts a power of two is divided, as a power of two.
    @inlinable static var precisionBits: Int { 7 }
    /// How many bits the longest latency has.
    @inlinable static var largestBits: Int { 42 }
    /// How many counters there are.
    @inlinable static var count: Int { (largestBits - precisionBits + 1) << precisionBits }

    /// The longest latency that is told from longer ones, in nanoseconds: 73 minutes. Longer ones count as this.
    @inlinable public static var largestNanoseconds: UInt64 { 1 << UInt64(largestBits) - 1 }

    /// By how much of itself a percentile can be above the exact one; it is never below.
    public static var relativeError: Double { 1 / Double(1 << precisionBits) }

    /// The counter of a latency. Constant time; no branch.
    @inlinable @inline(__always)
    static func index(ofNanoseconds nanoseconds: UInt64) -> Int {
        let value = min(nanoseconds, largestNanoseconds)
        // 0 for what is below 256, then one more for each doubling.
        let shift = 63 - precisionBits - (value | 255).leadingZeroBitCount
        return shift << precisionBits + Int(truncatingIfNeeded: value >> UInt64(truncatingIfNeeded: shift))
    }

    /// The longest of the latencies that a counter counts.
    static func longest(at index: Int) -> UInt64 {
        let shift = max(0, index >> precisionBits - 1)
        return UInt64(index - shift << precisionBits + 1) << UInt64(shift) - 1
    }
}
