/// The results of a closed breaker's last calls: so many of them, or those of so long a time. A value.
struct CallWindow: Sendable {
    // One of the two. Not an enumeration, which would have to be taken apart and put together for each result.
    private var ring: CallRing?
    private var buckets: CallBuckets?
    private var failuresInRow = 0

    init(_ window: BreakerTerms.Window) {
        switch window {
        case .calls(let count): ring = CallRing(capacity: count)
        case .time(let width, let count): buckets = CallBuckets(widthNanoseconds: width, count: count)
        }
    }

    /// Whether it has to be told the time.
    var isOfTime: Bool { buckets != nil }

    /// Forgets all. O(size).
    mutating func removeAll() {
        failuresInRow = 0
        ring?.removeAll()
        buckets?.removeAll()
    }

    /// Takes a result. O(1).
    mutating func append(_ result: CallResult, atNanoseconds now: UInt64) {
        failuresInRow = result.failed ? failuresInRow + 1 : 0
        ring?.append(result)
        buckets?.append(result, atNanoseconds: now)
    }

    /// What is inside. O(1), or O(buckets).
    func counts(atNanoseconds now: UInt64) -> CircuitBreakerStatistics.WindowCounts {
        ring?.counts ?? buckets?.counts(atNanoseconds: now) ?? CircuitBreakerStatistics.WindowCounts()
    }

    /// Whether what is inside opens the breaker.
    func isTooBad(_ terms: BreakerTerms, atNanoseconds now: UInt64) -> Bool {
        if terms.consecutiveFailures > 0, failuresInRow >= terms.consecutiveFailures { return true }
        let counts = counts(atNanoseconds: now)
        return terms.areTooBad(calls: counts.calls, failures: counts.failures, slow: counts.slow)
    }
}

/// The last so many results, and their sums.
private struct CallRing: Sendable {
    private(set) var counts = CircuitBreakerStatistics.WindowCounts()
    private var results: [CallResult]
    private var next = 0

    init(capacity: Int) {
        results = Array(repeating: CallResult(bits: 0), count: capacity)
    }

    mutating func removeAll() {
        counts = CircuitBreakerStatistics.WindowCounts()
        next = 0
    }

    mutating func append(_ result: CallResult) {
        if counts.calls == results.count {
            counts.failures -= results[next].failures
            counts.slow -= results[next].slow
        } else {
            counts.calls += 1
        }
        counts.failures += result.failures
        counts.slow += result.slow
        results[next] = result
        next = next + 1 == results.count ? 0 : next + 1
    }
}

/// The results of the last so many spans of time, each with its sums.
private struct CallBuckets: Sendable {
    private struct Bucket {
        var epoch: UInt64?
        var counts = CircuitBreakerStatistics.WindowCounts()
    }

    let widthNanoseconds: UInt64
    private var buckets: [Bucket]

    init(widthNanoseconds: UInt64, count: Int) {
        self.widthNanoseconds = widthNanoseconds
        buckets = Array(repeating: Bucket(), count: count)
    }

    mutating func removeAll() {
        for index in buckets.indices { buckets[index] = Bucket() }
    }

    mutating func append(_ result: CallResult, atNanoseconds now: UInt64) {
        let epoch = now / widthNanoseconds
        let index = Int(epoch % UInt64(buckets.count))
        if buckets[index].epoch != epoch { buckets[index] = Bucket(epoch: epoch) }
        buckets[index].counts.calls += 1
        buckets[index].counts.failures += result.failures
        buckets[index].counts.slow += result.slow
    }

    func counts(atNanoseconds now: UInt64) -> CircuitBreakerStatistics.WindowCounts {
        let epoch = now / widthNanoseconds
        var sum = CircuitBreakerStatistics.WindowCounts()
        for bucket in buckets {
            guard let past = bucket.epoch, past <= epoch, epoch - past < UInt64(buckets.count) else { continue }
            sum.calls += bucket.counts.calls
            sum.failures += bucket.counts.failures
            sum.slow += bucket.counts.slow
        }
        return sum
    }
}
