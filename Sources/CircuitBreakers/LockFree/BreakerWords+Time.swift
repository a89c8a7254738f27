// A window of time: for each bucket three counts, of calls, of failures and of slow calls, each in a word with the bucket's
// number. The numbers go on growing from generation to generation and leave out as many as there are buckets, so that what an
// earlier generation has counted, or still counts late, lies outside the window.
extension BreakerWords {
    @inlinable static var wordsOfBucket: Int { 8 }

    @inlinable @inline(__always)
    func bucket(_ index: UInt) -> UnsafeMutableRawPointer {
        base + (Self.headerBytes &+ 8 &* Self.wordsOfBucket &* Int(bitPattern: index))
    }

    /// The number of the clock's bucket.
    @inlinable @inline(__always)
    func epoch(atNanoseconds now: UInt64) -> UInt {
        bucketNanoseconds.quotientAndRemainder(dividing: UInt(truncatingIfNeeded: now)).quotient
    }

    /// Counts a result in the bucket with this number; `false`: it is so late that the bucket is another's.
    @inlinable @inline(never)
    func count(_ result: CallResult, in number: UInt) -> Bool {
        let bucket = bucket(places.quotientAndRemainder(dividing: number).remainder)
        guard BucketCount(bucket).increment(number) as Bool else { return false }
        if result.failed { _ = BucketCount(bucket + 8).increment(number) }
        if result.wasSlow { _ = BucketCount(bucket + 16).increment(number) }
        return true
    }

    /// Counts of the window whose newest bucket has this number. O(buckets).
    @usableFromInline
    func counts(upTo number: UInt) -> CircuitBreakerStatistics.WindowCounts {
        var counts = CircuitBreakerStatistics.WindowCounts()
        for index in 0..<places.divisor {
            let bucket = bucket(index)
            counts.calls += BucketCount(bucket).value(number, buckets: places.divisor)
            counts.failures += BucketCount(bucket + 8).value(number, buckets: places.divisor)
            counts.slow += BucketCount(bucket + 16).value(number, buckets: places.divisor)
        }
        return counts
    }

    /// One count of one bucket: the number of the bucket in 36 bits, then 28 for the count, which stops at 268 million.
    ///
    /// A bucket that nobody counts in for so long that the numbers come round (two years for the shortest buckets) might be
    /// taken for new.
    @usableFromInline
    struct BucketCount {
        @usableFromInline let word: Word

        @inlinable @inline(__always)
        init(_ address: UnsafeMutableRawPointer) { word = Word(at: address) }

        @inlinable @inline(__always) static var most: UInt { 0xFFF_FFFF }
        @inlinable @inline(__always) static var numbers: UInt { 0xF_FFFF_FFFF }

        @inlinable @inline(__always)
        func increment(_ number: UInt) -> Bool {
            var old = word.loadRelaxed()
            while true {
                let age = (number &- old >> 28) & Self.numbers
                // Newer than this result.
                if age > Self.numbers &- 1 << 30 { return false }
                if age == 0, old & Self.most == Self.most { return true }
                let new = age == 0 ? old &+ 1 : number << 28 | 1
                let exchange = word.weakCompareExchangeSequentiallyConsistent(expected: old, desired: new)
                if exchange.exchanged { return true }
                old = exchange.original
            }
        }

        func value(_ number: UInt, buckets: UInt) -> Int {
            let value = word.loadRelaxed()
            return (number &- value >> 28) & Self.numbers < buckets ? Int(value & Self.most) : 0
        }
    }
}
