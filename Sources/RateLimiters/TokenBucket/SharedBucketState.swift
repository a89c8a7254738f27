internal import ConcurrencySupport
internal import DequeModule

/// The word of a ``LockFreeTokenBucket`` as those see it who hold its line: each change is reckoned by
/// ``TokenBucketState`` and enters by compare-exchange, again if someone was granted permits meanwhile.
struct SharedBucketState<Bucket: BucketWords>: LimiterState {
    let bucket: Bucket
    var waiting: UInt64

    private var algebra: TokenBucketAlgebra { bucket.terms(of: bucket.load()) }

    /// - Parameter body: reckons, at a time read after the word; runs again when the word has changed, and the last run
    ///   counts.
    private mutating func exchange<Result>(
        _ body: (_ state: inout TokenBucketState, _ nowNanoseconds: UInt64) -> Result
    ) -> Result {
        while true {
            let word = bucket.load()
            // Only whoever holds the line changes the terms, so these are whole.
            let terms = bucket.terms(of: word)
            var state = TokenBucketState(algebra: terms, arrival: word >> 2, waiting: waiting)
            let result = body(&state, bucket.nanoseconds())
            var generation = word & 3
            if state.algebra != terms {
                generation = (generation + 1) & 3
                bucket.store(state.algebra, for: generation)
            }
            // Releasing: who sees the new generation sees its terms.
            if bucket.exchange(word, for: state.arrival << 2 | generation) {
                waiting = state.waiting
                return result
            }
        }
    }

    mutating func tryAcquire(_ permits: UInt64, atNanoseconds _: UInt64) -> Acquisition? {
        exchange { $0.tryAcquire(permits, atNanoseconds: $1) }
    }

    mutating func mend(_ line: inout Deque<PermitPlace>, atNanoseconds _: UInt64) {
        line = exchange { [line] state, now in
            var line = line
            state.mend(&line, atNanoseconds: now)
            return line
        }
    }

    mutating func reserve(_ permits: UInt64, atNanoseconds _: UInt64, longestNanoseconds: UInt64) -> Reservation {
        exchange { $0.reserve(permits, atNanoseconds: $1, longestNanoseconds: longestNanoseconds) }
    }

    func instant(of place: PermitPlace) -> UInt64 {
        TokenBucketState(algebra: algebra, arrival: 0, waiting: 0).instant(of: place)
    }

    mutating func settle(_ place: PermitPlace) {
        waiting -= place.permits
    }

    mutating func cancel(at index: Int, in line: inout Deque<PermitPlace>, atNanoseconds _: UInt64) {
        line = exchange { [line] state, now in
            var line = line
            guard state.instant(of: line[index]) > now else {
                // Its time has come meanwhile, and others may have been granted permits by the time that went by since:
                // its own lapse.
                state.settle(line.remove(at: index))
                return line
            }
            state.cancel(at: index, in: &line, atNanoseconds: now)
            return line
        }
    }

    mutating func update(rate: Rate, burst: Int, _ line: inout Deque<PermitPlace>) {
        line = exchange { [line] state, now in
            var line = line
            state.update(rate: rate, burst: burst, &line, atNanoseconds: now)
            return line
        }
    }
}
