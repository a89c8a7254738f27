public import ConcurrencySupport

/// The words that the callers of a ``LockFreeCircuitBreaker`` have in common.
///
/// One of them says state and generation, and is all that a permission reads. The others hold the window of the closed state
/// and counters. Whoever changes the state holds a lock, says first that it is changing and then, when all is in place, what
/// it has become: who reads the first word, another, and the first again unchanged, has read what belongs together. All that
/// a result can change carries its generation, or a number that grows with the generations, so that a late result changes
/// nothing.
@usableFromInline
struct BreakerWords<Word: AtomicWord>: @unchecked Sendable {
    // @unchecked Sendable because it is an address and constants; all access to the memory goes through words.

    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let terms: BreakerTerms
    /// The window is one of time.
    @usableFromInline let isOfTime: Bool
    /// The calls, or the buckets, of the window.
    @usableFromInline let places: Divisor
    /// The length of a bucket.
    @usableFromInline let bucketNanoseconds: Divisor

    init(terms: BreakerTerms, nowNanoseconds now: UInt64) {
        self.terms = terms
        switch terms.window {
        case .calls(let count):
            isOfTime = false
            places = Divisor(UInt(count))
            bucketNanoseconds = Divisor(1)
        case .time(let width, let buckets):
            isOfTime = true
            places = Divisor(UInt(buckets))
            bucketNanoseconds = Divisor(UInt(width))
        }
        let wordCount = Int(places.divisor) * (isOfTime ? Self.wordsOfBucket : 1)
        let byteCount = Self.headerBytes + 8 * wordCount
        base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 128)
        for offset in stride(from: 0, to: byteCount, by: 8) { Word(at: base + offset).initialize(to: 0) }
        epochOffset.initialize(to: places.divisor &- epoch(atNanoseconds: now))
    }

    /// Nobody uses the words any more.
    func deallocate() { base.deallocate() }

    @inlinable static var headerBytes: Int { 6 * 128 }

    @inlinable @inline(__always)
    func header(_ line: Int, _ index: Int = 0) -> Word { Word(at: base + (128 * line + 8 * index)) }

    // The first line is read by every call and written when the state changes.

    /// The generation, and in the lowest three bits the state.
    @inlinable @inline(__always) var control: Word { header(0) }
    /// Until then every request is refused, if the state isn't one that lets calls through.
    @inlinable @inline(__always) var refusesUntil: Word { header(0, 1) }
    /// What to add to a bucket's number since the clock's origin; grows with the generations.
    @inlinable @inline(__always) var epochOffset: Word { header(0, 2) }

    // The others have a line each.

    /// How many results have been taken here, which is also where in a window of calls the next one goes.
    @inlinable @inline(__always) var cursor: Word { header(1) }
    /// The sums of a window of calls; see ``CallSums``.
    @inlinable @inline(__always) var sums: Word { header(2) }
    /// How many calls in a row have failed, and in the upper 48 bits the generation.
    @inlinable @inline(__always) var streak: Word { header(3) }
    @inlinable @inline(__always) var refused: Word { header(4) }
    // Counters of what is rare.
    @inlinable @inline(__always) var failed: Word { header(5) }
    @inlinable @inline(__always) var slow: Word { header(5, 1) }
    @inlinable @inline(__always) var late: Word { header(5, 2) }
    @inlinable @inline(__always) var cancelled: Word { header(5, 3) }

    /// The state in ``control`` while it is changing.
    @inlinable static var changing: UInt { 7 }

    @inlinable @inline(__always)
    static func control(_ generation: UInt64, _ state: CircuitState) -> UInt {
        UInt(truncatingIfNeeded: generation) << 3 | UInt(state.rawValue)
    }

    /// Makes the words say what the state has become. Under the lock.
    func enter(_ phases: BreakerPhases) {
        let generation = UInt(truncatingIfNeeded: phases.generation)
        // Releasing each: whoever sees one of the later values sees that the state is changing.
        control.storeReleasing(generation << 3 | Self.changing)
        refusesUntil.storeReleasing(UInt(phases.refusesUntil))
        sums.storeReleasing(CallSums(generation: generation).word)
        // Further than any bucket of an earlier generation.
        epochOffset.storeReleasing(epochOffset.loadRelaxed() &+ places.divisor &+ 1)
        control.storeReleasing(Self.control(phases.generation, phases.state))
    }

    /// Counts a result that has been taken here; one of a breaker that is disabled too.
    @inlinable @inline(__always)
    func countBad(_ result: CallResult) {
        if result.failed { failed.addRelaxed(1) }
        if result.wasSlow { slow.addRelaxed(1) }
    }

    // MARK: A window of calls

    @inlinable @inline(__always)
    func slot(_ index: UInt) -> Word { Word(at: base + (Self.headerBytes &+ 8 &* Int(bitPattern: index))) }

    /// Puts a result in the place of the one that has been there; the sums then, `nil` if the result is late.
    ///
    /// The one before is taken out by the same exchange that puts this one in, so the sums are those of what is inside once
    /// all have been added up. A caller that is held up between taking its place and coming here for as long as a whole
    /// window of calls takes may replace a newer result.
    @inlinable @inline(never)
    func replace(_ slot: Word, with result: CallResult, generation: UInt) -> CallSums? {
        let new = generation << 2 | UInt(result.bits)
        var old = slot.loadRelaxed()
        while old != new {
            // Its place belongs to a later generation by now.
            if old >> 2 > generation { return nil }
            let exchange = slot.weakCompareExchangeSequentiallyConsistent(expected: old, desired: new)
            if exchange.exchanged {
                return add(CallSums.difference(to: result, from: old, generation: generation), generation)
            }
            old = exchange.original
        }
        return add(0, generation)
    }

    @inlinable @inline(__always)
    func add(_ difference: UInt, _ generation: UInt) -> CallSums? {
        var old = sums.loadRelaxed()
        while CallSums(word: old).isOf(generation) {
            if difference == 0 { return CallSums(word: old) }
            let new = old &+ difference
            let exchange = sums.weakCompareExchangeSequentiallyConsistent(expected: old, desired: new)
            if exchange.exchanged { return CallSums(word: new) }
            old = exchange.original
        }
        return nil
    }

    // MARK: Failures in a row

    /// One more; how many then, 0 if the result is late.
    @inlinable @inline(never)
    func lengthenStreak(_ generation: UInt) -> Int {
        var old = streak.loadRelaxed()
        while old >> 16 <= generation {
            // No more than the numbers hold: the breaker has opened long before.
            let length = old >> 16 == generation ? min(old & 0xFFFF, 0xFFFE) : 0
            let new = generation << 16 | (length + 1)
            let exchange = streak.weakCompareExchangeSequentiallyConsistent(expected: old, desired: new)
            if exchange.exchanged { return Int(length + 1) }
            old = exchange.original
        }
        return 0
    }

    /// A call went well. Most follow another that did: then nothing changes.
    @inlinable @inline(__always)
    func endStreak(_ generation: UInt) {
        let old = streak.loadRelaxed()
        if old >> 16 == generation, old & 0xFFFF != 0 { clearStreak(generation) }
    }

    @inlinable @inline(never)
    func clearStreak(_ generation: UInt) {
        var old = streak.loadRelaxed()
        while old >> 16 == generation, old & 0xFFFF != 0 {
            let exchange = streak.weakCompareExchangeSequentiallyConsistent(expected: old, desired: generation << 16)
            if exchange.exchanged { return }
            old = exchange.original
        }
    }
}
