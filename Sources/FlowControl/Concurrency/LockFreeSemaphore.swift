public import ConcurrencySupport

/// A weighted semaphore on one atomic word: no lock and no allocation as long as nobody has to wait.
///
/// A grant is a load and one compare-exchange, a refusal a load, a release one fetch-and-add. Requests that wait stand in a
/// line behind a lock; while anyone does, a bit of the word sends those who give permits back there, to hand them over in
/// order, and refuses newcomers. See ``ConcurrencyLimit`` for the promises.
///
/// Counting requests would cost each a second write to shared memory, so it is done only on demand.
///
/// - Complexity: O(1); a compare-exchange is repeated only when another caller was granted or gave back in between. A
///   cancelled or late wait and ``WordSemaphore/setLimit(_:)`` O(waiters).
/// - Memory: two pairs of cache lines, and one place for each request that waits.
public typealias LockFreeSemaphore = WordSemaphore<HardwareWord>

/// What ``LockFreeSemaphore`` is, over any kind of word: a model checker brings its own.
public final class WordSemaphore<Word: AtomicWord>: BlockingConcurrencyLimit, AdjustableConcurrencyLimit, Sendable {
    @usableFromInline typealias Line = PermitLine<PermitSleeper<Word.Semaphore>>

    // Unsafe but sound: allocated with the semaphore, freed with it, and reached only through words.
    @usableFromInline nonisolated(unsafe) let memory: UnsafeMutableRawPointer
    @usableFromInline let countsRequests: Bool
    /// Guards the line, and nothing else: whoever holds it is the only one to set and clear the word's bit for waiters, to
    /// grant while that is set, and to change the limit.
    ///
    /// While it is held, the bit is set if and only if somebody waits. That is why no wake-up is lost: a request joins the
    /// line only after it has seen, in the compare-exchange that sets the bit, that there are too few permits; whoever gives
    /// some back later finds the bit set in what its addition returns, and comes to the lock.
    let line: Lock<Line>
    let clock: any NanosecondClock

    /// A semaphore with all its permits free.
    ///
    /// - Parameters:
    ///   - limit: the most permits in use at once; from 1 to 2³¹ − 1, else a precondition fails.
    ///   - countsRequests: whether ``statistics()`` say how many requests were granted and refused, and the most permits in
    ///     use at once; each request then writes a second word.
    ///   - clock: what deadlines are measured on.
    public init(limit: Int, countsRequests: Bool = false, clock: any NanosecondClock = SystemNanosecondClock()) {
        PermitBounds.check(limit: limit)
        memory = .allocate(byteCount: 2 * 128, alignment: 128)
        self.countsRequests = countsRequests
        self.clock = clock
        line = Lock(Line())
        word.initialize(to: PermitWord(limit: limit).bits)
        for count in [grantedCount, peakCount, refusedCount] { count.initialize(to: 0) }
    }

    deinit { memory.deallocate() }

    // A line of its own for the word and what a grant writes too; another for what a refusal writes, which otherwise
    // writes nothing.
    @inlinable @inline(__always)
    var word: Word { Word(at: memory) }
    @inlinable @inline(__always)
    var grantedCount: Word { Word(at: memory + 8) }
    @inlinable @inline(__always)
    var peakCount: Word { Word(at: memory + 16) }
    @inlinable @inline(__always)
    var refusedCount: Word { Word(at: memory + 128) }

    /// Asks for permits now; never waits. See ``ConcurrencyLimit/tryAcquire(_:)``.
    @inlinable @inline(__always)
    public func tryAcquire(_ weight: Int = 1) -> PermitAcquisition {
        PermitBounds.check(weight: weight)
        let answer = ask(weight)
        if countsRequests, answer != .granted { refusedCount.addRelaxed(1) }
        return answer
    }

    /// Decides at once; a refusal isn't counted.
    @inlinable @inline(__always)
    func ask(_ weight: Int) -> PermitAcquisition {
        // In the total order, so that a refusal is never for permits that were given back before the call.
        var current = PermitWord(bits: word.loadSequentiallyConsistent())
        while true {
            guard weight <= current.free, !current.someoneWaits else {
                return weight > current.limit ? .exceedsLimit : .refused
            }
            // Acquires what those have written who gave the permits back: with a limit of one it is a lock.
            let next = current.taking(weight)
            let claim = word.weakCompareExchangeSequentiallyConsistent(expected: current.bits, desired: next.bits)
            if claim.exchanged {
                if countsRequests { countGrant(next) }
                return .granted
            }
            Word.stepBack()
            current.bits = word.loadSequentiallyConsistent()
        }
    }

    /// Waits for permits, first come first served. See ``ConcurrencyLimit/acquire(_:timeout:)``.
    public nonisolated(nonsending) func acquire(_ weight: Int, timeout: Duration?) async throws(PermitError) {
        try await waitForPermits(weight, timeout: timeout)
    }

    /// Holds this thread until the permits are granted. See ``BlockingConcurrencyLimit/acquireBlocking(_:timeout:)``.
    @available(*, noasync, message: "blocks the thread; use acquire(_:timeout:) in a task")
    public func acquireBlocking(_ weight: Int = 1, timeout: Duration? = nil) throws(PermitError) {
        try parkForPermits(weight, timeout: timeout)
    }

    /// Gives permits back. See ``ConcurrencyLimit/release(_:)``.
    @inlinable @inline(__always)
    public func release(_ weight: Int = 1) {
        PermitBounds.check(weight: weight)
        let before = PermitWord(bits: word.fetchAddSequentiallyConsistent(0 &- UInt(bitPattern: weight)))
        precondition(weight <= before.inUse, "more permits are given back than are in use")
        if before.someoneWaits { grantWaiting() }
    }

    /// The most permits that can be in use at once, now.
    public var limit: Int { PermitWord(bits: word.loadSequentiallyConsistent()).limit }

    /// Permits granted and not given back, now.
    public var inUse: Int { PermitWord(bits: word.loadSequentiallyConsistent()).inUse }

    /// Exact at rest; while others ask and give back, the parts are read one after the other.
    public func statistics() -> ConcurrencyLimitStatistics {
        let waiting = withLine { $0.count }
        let current = PermitWord(bits: word.loadSequentiallyConsistent())
        return ConcurrencyLimitStatistics(
            limit: current.limit,
            inUse: current.inUse,
            waiting: waiting,
            granted: countsRequests ? UInt64(grantedCount.loadRelaxed()) : nil,
            refused: countsRequests ? UInt64(refusedCount.loadRelaxed()) : nil,
            peakInUse: countsRequests ? Int(peakCount.loadRelaxed()) : nil
        )
    }
}
