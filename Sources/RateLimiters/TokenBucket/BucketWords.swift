/// What the callers of a ``LockFreeTokenBucket`` have in common: its clock, its word and its terms. The seam between the
/// decision and the machine, so that the same decision runs under a model checker.
@usableFromInline
protocol BucketWords: AnyObject, Sendable {
    /// What the clock reads.
    func nanoseconds() -> UInt64
    /// The word: the theoretical arrival time, and in the lowest two bits the generation of the terms. Acquiring.
    func load() -> UInt64
    /// Replaces the word; acquiring and releasing. May fail for no reason.
    func weakExchange(_ expected: UInt64, for desired: UInt64) -> Bool
    /// Replaces the word; acquiring and releasing.
    func exchange(_ expected: UInt64, for desired: UInt64) -> Bool
    /// The terms of the word's generation.
    func terms(of word: UInt64) -> TokenBucketAlgebra
    /// Writes the terms of the next generation, which nobody reads yet.
    func store(_ terms: TokenBucketAlgebra, for generation: UInt64)
    /// Permits that those in the line wait for; behind the arrival time for moments.
    var waitingPermits: UInt64 { get }
    /// Leaves the word to whoever was quicker, if it took long to find that out; `now`: when this caller had read the clock.
    func stepBack(since now: UInt64)
}

extension BucketWords {
    /// `nil`: the state must be mended first.
    @inlinable @inline(__always)
    func decide(_ permits: UInt64) -> Acquisition? {
        anew: while true {
            // The clock is read before the word: if another caller moves the word meanwhile, this one's time is too early
            // and it errs towards refusing. After it, the two accesses to the word would be further apart.
            let now = nanoseconds()
            // Acquiring: the terms that the word was reckoned with are read after it.
            var current = load()
            while true {
                let terms = terms(of: current)
                let arrival = current >> 2
                // Whether that is a time that the numbers can express is seen below, when the branches have been guessed.
                let units = terms.units(after: now &- terms.originNanoseconds)
                let limit = units &+ terms.tolerance
                let next = max(arrival, units) &+ permits &* terms.cost
                // Any bucket holds one.
                let isPossible = permits == 1 || permits <= terms.burst
                if isPossible, next <= limit, terms.covers(nanoseconds: now) {
                    // Releasing nothing of its own; but its loads of the terms must come before.
                    if weakExchange(current, for: next << 2 | current & 3) { return .granted }
                    stepBack(since: now)
                    continue anew
                }
                // The terms were whole if they are still the same.
                let again = load()
                guard again & 3 == current & 3 else {
                    current = again
                    continue
                }
                guard isPossible else { return .exceedsBurst }
                guard terms.covers(nanoseconds: now) else { return nil }
                // Further ahead than it can be, unless this caller's time is old or the clock was set back.
                if arrival > limit, arrival > limit &+ terms.units(ofPermits: waitingPermits) { return nil }
                return terms.refusal(waitUnits: next &- limit)
            }
        }
    }
}
