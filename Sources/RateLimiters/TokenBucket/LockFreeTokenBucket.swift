public import ConcurrencySupport
public import Synchronization

/// A token bucket on one atomic word: no lock, no waiting for other callers, no memory written by a refusal.
///
/// A grant is a clock reading and one compare-exchange; a refusal is a clock reading and two loads of the same word.
/// See ``RateLimiter`` for the promises; the arithmetic is GCRA on integers, without drift. Callers that wait for permits
/// stand in a line behind a lock, which ``tryAcquire(_:)`` touches only where its time is older than a grant: the clock was
/// set back, or it was held up between reading the clock and deciding.
///
/// - Complexity: O(1) in the absence of contention; a caller retries only when another was granted in between, with the
///   clock read anew; and some microseconds later where the word's cache line has far to travel, so that the other's grants
///   don't wait for it.
/// - Memory: a few cache lines, and one place for each caller that waits.
public final class LockFreeTokenBucket<ClockType: NanosecondClock>: SynchronousRateLimiter {
    // What rate and burst come to, twice: an update writes the one that is not in use. Apart from the word, since every
    // caller reads them and few write.
    @usableFromInline let evenTerms: SharedTerms
    @usableFromInline let oddTerms: SharedTerms
    @usableFromInline let clock: ClockType
    /// Permits that those in the line wait for; behind the arrival time for moments.
    @usableFromInline let waiting = Atomic<UInt64>(0)
    let line: Lock<WaitingLine>

    // The word sits between two cache lines' worth of padding, so that neither the constants nor a neighbouring object
    // shares its line.
    @usableFromInline let leadingPadding: CacheLinePadding
    /// The theoretical arrival time, and in the lowest two bits the generation: it grows with each change of the terms, so
    /// that a compare-exchange with the arrival time reckoned in other terms fails.
    ///
    /// Four changes of the terms within one decision, which would end on the same unit of time, would go unnoticed.
    @usableFromInline let word: Atomic<UInt64>
    @usableFromInline let trailingPadding: CacheLinePadding

    /// A bucket that is full now.
    ///
    /// - Parameters:
    ///   - rate: permits per time, in the long run.
    ///   - burst: the most permits granted at once; at least 1, else a precondition fails.
    ///   - clock: where time is read, on every request, and slept.
    public init(rate: Rate, burst: Int, clock: ClockType) {
        let algebra = TokenBucketAlgebra(rate: rate, burst: burst, originNanoseconds: clock.nanoseconds())
        evenTerms = SharedTerms(algebra)
        oddTerms = SharedTerms(algebra)
        self.clock = clock
        line = Lock(WaitingLine(leadNanoseconds: clock.spinNanoseconds))
        leadingPadding = CacheLinePadding()
        word = Atomic(0)
        trailingPadding = CacheLinePadding()
    }

    /// Asks for permits now; never waits. O(1). See ``RateLimiter/tryAcquire(_:)``.
    @inlinable @inline(__always)
    public func tryAcquire(_ permits: Int = 1) -> Acquisition {
        precondition(permits > 0, "a request must be for at least one permit")
        while true {
            if let answer = decide(UInt64(permits)) { return answer }
            mendState()
        }
    }

    @usableFromInline
    func mendState() { mend() }

    /// Waits for permits, first come first served. See ``RateLimiter/acquire(_:timeout:)``.
    ///
    /// - Complexity: O(1) to join the line and to be granted; one timer for all who wait. Cancellation O(waiters).
    public func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        precondition(permits > 0, "a request must be for at least one permit; got \(permits)")
        try await waitForPermits(permits, timeout: timeout)
    }
}

extension LockFreeTokenBucket where ClockType == SystemNanosecondClock {
    /// A bucket on the machine's monotonic clock that is full now.
    public convenience init(rate: Rate, burst: Int) {
        self.init(rate: rate, burst: burst, clock: SystemNanosecondClock())
    }
}

extension LockFreeTokenBucket: AdjustableRateLimiter {
    /// Changes rate and burst; see ``AdjustableRateLimiter/update(rate:burst:)``. O(waiters).
    public func update(rate: Rate, burst: Int) {
        change { state, line, _ in state.update(rate: rate, burst: burst, &line) }
    }
}

extension LockFreeTokenBucket: BucketWords {
    @inlinable @inline(__always)
    func nanoseconds() -> UInt64 { clock.nanoseconds() }

    @inlinable @inline(__always)
    func load() -> UInt64 { word.load(ordering: .acquiring) }

    @inlinable @inline(__always)
    func weakExchange(_ expected: UInt64, for desired: UInt64) -> Bool {
        word.weakCompareExchange(expected: expected, desired: desired, ordering: .acquiringAndReleasing).exchanged
    }

    @usableFromInline
    func exchange(_ expected: UInt64, for desired: UInt64) -> Bool {
        word.compareExchange(expected: expected, desired: desired, ordering: .acquiringAndReleasing).exchanged
    }

    @inlinable @inline(__always)
    func terms(of word: UInt64) -> TokenBucketAlgebra {
        word & 1 == 0 ? evenTerms.load() : oddTerms.load()
    }

    @usableFromInline
    func store(_ terms: TokenBucketAlgebra, for generation: UInt64) {
        if generation & 1 == 0 { evenTerms.store(terms) } else { oddTerms.store(terms) }
    }

    @inlinable @inline(__always)
    var waitingPermits: UInt64 { waiting.load(ordering: .relaxed) }

    // Out of line, since few come here. On an EPYC an attempt that fails takes 80 to 180 ns between processors near each other,
    // and they pass most if they try again at once; 200 to 560 ns further apart, where turns of some microseconds pass most.
    @inlinable
    @inline(never)
    func stepBack(since now: UInt64) {
        // A clock that was set back meanwhile makes that a very long time, which does no harm.
        guard clock.nanoseconds() &- now > 200 else { return }
        HardwareWord.stepBack()
        HardwareWord.stepBack()
    }
}

extension LockFreeTokenBucket: LineOwner {
    func withLine<Result>(
        _ body: (
            _ state: inout SharedBucketState<LockFreeTokenBucket>,
            _ line: inout WaitingLine,
            _ now: UInt64
        ) -> Result
    ) -> Result {
        line.withLock { line in
            // Only whoever holds the line writes `waiting`.
            var state = SharedBucketState(bucket: self, waiting: waiting.load(ordering: .relaxed))
            defer { waiting.store(state.waiting, ordering: .relaxed) }
            return body(&state, &line, clock.nanoseconds())
        }
    }
}

/// ``TokenBucketAlgebra`` in words that can be read while they are written: whoever reads them finds out afterwards, by the
/// generation, whether they belong together.
@usableFromInline
struct SharedTerms: ~Copyable, Sendable {
    @usableFromInline let cost: Atomic<UInt64>
    @usableFromInline let tolerance: Atomic<UInt64>
    @usableFromInline let burst: Atomic<UInt64>
    @usableFromInline let wholeUnits: Atomic<UInt64>
    @usableFromInline let fractionalUnits: Atomic<UInt64>
    @usableFromInline let originNanoseconds: Atomic<UInt64>

    init(_ terms: TokenBucketAlgebra) {
        cost = Atomic(terms.cost)
        tolerance = Atomic(terms.tolerance)
        burst = Atomic(terms.burst)
        wholeUnits = Atomic(terms.wholeUnits)
        fractionalUnits = Atomic(terms.fractionalUnits)
        originNanoseconds = Atomic(terms.originNanoseconds)
    }

    // Acquiring and releasing each: a reader that sees one word of the new terms then sees that the generation before
    // them has passed.

    @inlinable @inline(__always)
    func load() -> TokenBucketAlgebra {
        TokenBucketAlgebra(
            cost: cost.load(ordering: .acquiring),
            tolerance: tolerance.load(ordering: .acquiring),
            burst: burst.load(ordering: .acquiring),
            wholeUnits: wholeUnits.load(ordering: .acquiring),
            fractionalUnits: fractionalUnits.load(ordering: .acquiring),
            originNanoseconds: originNanoseconds.load(ordering: .acquiring)
        )
    }

    func store(_ terms: TokenBucketAlgebra) {
        cost.store(terms.cost, ordering: .releasing)
        tolerance.store(terms.tolerance, ordering: .releasing)
        burst.store(terms.burst, ordering: .releasing)
        wholeUnits.store(terms.wholeUnits, ordering: .releasing)
        fractionalUnits.store(terms.fractionalUnits, ordering: .releasing)
        originNanoseconds.store(terms.originNanoseconds, ordering: .releasing)
    }
}
