public import CConcurrencySupport
public import Synchronization

/// A machine word in memory that several threads share: the seam between a lock-free algorithm and the machine.
///
/// Lock-free types are generic over it, with one method per memory ordering because Swift wants orderings as constants.
/// In production it is ``HardwareWord`` and costs nothing; a model checker substitutes a word that yields before every
/// access and explores the interleavings.
///
/// A value of a conforming type is a handle, not the word itself: it may be copied and made anew for the same address.
///
/// What else two threads can meet at is here too, so that a model checker sees it: the memory that the words protect, locks,
/// semaphores and spinning. On the machine these are what they are, and announcing them does nothing.
public protocol AtomicWord: Sendable {
    /// What a thread parks on.
    associatedtype Semaphore: ParkingSemaphore = ThreadSemaphore

    /// A handle for the word at `address`, which must be aligned to 8 bytes and stay allocated as long as it is used.
    init(at address: UnsafeMutableRawPointer)

    /// Puts `value` into fresh memory, before any other thread can reach it.
    func initialize(to value: UInt)

    /// A load that orders nothing.
    func loadRelaxed() -> UInt
    /// A load that sees everything written before the releasing store whose value it reads.
    func loadAcquiring() -> UInt
    /// A load in the single total order of sequentially consistent operations.
    func loadSequentiallyConsistent() -> UInt
    /// A store that orders nothing.
    func storeRelaxed(_ value: UInt)
    /// A store that makes everything written before it visible to whoever reads its value with an acquiring load.
    func storeReleasing(_ value: UInt)
    /// A store in the single total order.
    func storeSequentiallyConsistent(_ value: UInt)
    /// Replaces `expected` by `desired` in the single total order; may fail for no reason.
    func weakCompareExchangeSequentiallyConsistent(
        expected: UInt,
        desired: UInt
    ) -> (exchanged: Bool, original: UInt)
    /// Replaces `expected` by `desired` in the single total order.
    func compareExchangeSequentiallyConsistent(expected: UInt, desired: UInt) -> (exchanged: Bool, original: UInt)
    /// Sets bits in the single total order; returns the value before.
    func fetchOrSequentiallyConsistent(_ bits: UInt) -> UInt
    /// Adds in the single total order; wraps on overflow.
    func addSequentiallyConsistent(_ amount: UInt)
    /// Adds in the single total order and returns the value before; wraps on overflow.
    func fetchAddSequentiallyConsistent(_ amount: UInt) -> UInt
    /// Adds, ordering nothing; wraps on overflow. For counters that are read at rest.
    func addRelaxed(_ amount: UInt)
    /// Adds, ordering nothing, and returns the value before; wraps on overflow.
    func fetchAddRelaxed(_ amount: UInt) -> UInt

    /// Whether ``heavyFence()`` reaches all threads, so that ``lightFence()`` on their side is enough. Asks the system the first
    /// time; constant.
    static var hasHeavyFence: Bool { get }
    /// The half of an asymmetric pair of fences that is on the fast path. It costs nothing, and orders nothing unless
    /// ``hasHeavyFence``: elsewhere ``fullFence()`` stands in its place.
    static func lightFence()
    /// A sequentially consistent fence.
    static func fullFence()
    /// The half that is on the slow path: with a ``lightFence()`` in another thread it orders as two sequentially
    /// consistent fences do (if each thread writes, passes its fence and then reads what the other wrote, at least one of
    /// them sees the other's write). A ``fullFence()`` unless ``hasHeavyFence``.
    static func heavyFence()

    /// Begins to fetch the cache line at `address`, which this thread is about to write; a hint. The address need not be
    /// anyone's.
    static func prefetchForWriting(_ address: UnsafeMutableRawPointer)
    /// Whether ``prefetchForWriting(_:)``, called some operations ahead, is worth its while on this processor.
    static var gainsByFetchingAhead: Bool { get }

    /// Announces that this thread is about to write the memory at `address`, or to move its content out: something that
    /// the words are to keep other threads from meanwhile.
    static func willTouch(_ address: UnsafeMutableRawPointer)
    /// Announces that this thread is about to take the lock that goes with this word. Until ``didUnlock()`` it does nothing
    /// that waits for another thread.
    func willLock()
    /// Announces that this thread has released the lock.
    func didUnlock()
    /// What a thread that finds its turn has not come does before it parks.
    static var backoff: Backoff { get }
    /// Waits a little for another thread that is in the middle of something.
    static func pause(_ backoff: inout Backoff)
    /// Leaves a word to whoever was quicker to change it, for a microsecond or so.
    ///
    /// If whoever lost tried again at once, the word's cache line would go to and fro for every operation of both; left
    /// alone, the winner gets some tens of them done.
    static func stepBack()
    /// Gives up this thread's time slice for another that is in the middle of something.
    static func yieldThread()
}

extension AtomicWord {
    /// `true`.
    public static var hasHeavyFence: Bool { true }
    /// Does nothing.
    @inlinable @inline(__always)
    public static func prefetchForWriting(_ address: UnsafeMutableRawPointer) {}
    /// `false`: there is nothing to gain.
    public static var gainsByFetchingAhead: Bool { false }
    /// Does nothing.
    @inlinable @inline(__always)
    public static func willTouch(_ address: UnsafeMutableRawPointer) {}
    /// Does nothing.
    @inlinable @inline(__always)
    public func willLock() {}
    /// Does nothing.
    @inlinable @inline(__always)
    public func didUnlock() {}
    /// Spins, then yields.
    @inlinable @inline(__always)
    public static var backoff: Backoff { Backoff() }
    /// ``Backoff/pause()``.
    @inlinable @inline(__always)
    public static func pause(_ backoff: inout Backoff) { backoff.pause() }
    /// 64 pauses, in place: a call would cost those a stack frame who don't come here.
    @inlinable @inline(__always)
    public static func stepBack() {
        var backoff = Backoff(pauses: 64)
        while backoff.pauseBriefly() {}
    }
    /// ``Backoff/yieldThread()``.
    @inlinable @inline(__always)
    public static func yieldThread() { Backoff.yieldThread() }
}

/// An ``AtomicWord`` on the real machine: `Synchronization.Atomic<UInt>`, every method one instruction or two.
@frozen
public struct HardwareWord: AtomicWord {
    // Unsafe but sound: the owner of the allocation keeps it alive, and all access goes through `Atomic`.
    @usableFromInline
    nonisolated(unsafe) let word: UnsafeMutablePointer<Atomic<UInt>>

    /// A handle for the `Atomic<UInt>` at `address`.
    @inlinable @inline(__always)
    public init(at address: UnsafeMutableRawPointer) {
        word = address.assumingMemoryBound(to: Atomic<UInt>.self)
    }

    /// Puts `value` into fresh memory.
    @inlinable @inline(__always)
    public func initialize(to value: UInt) {
        word.initialize(to: Atomic(value))
    }

    /// A relaxed load.
    @inlinable @inline(__always)
    public func loadRelaxed() -> UInt { word.pointee.load(ordering: .relaxed) }

    /// An acquiring load.
    @inlinable @inline(__always)
    public func loadAcquiring() -> UInt { word.pointee.load(ordering: .acquiring) }

    /// A sequentially consistent load.
    @inlinable @inline(__always)
    public func loadSequentiallyConsistent() -> UInt { word.pointee.load(ordering: .sequentiallyConsistent) }

    /// A releasing store.
    @inlinable @inline(__always)
    public func storeReleasing(_ value: UInt) { word.pointee.store(value, ordering: .releasing) }

    /// A relaxed store.
    @inlinable @inline(__always)
    public func storeRelaxed(_ value: UInt) { word.pointee.store(value, ordering: .relaxed) }

    /// A sequentially consistent store.
    @inlinable @inline(__always)
    public func storeSequentiallyConsistent(_ value: UInt) {
        word.pointee.store(value, ordering: .sequentiallyConsistent)
    }

    /// A sequentially consistent compare-exchange that may fail for no reason.
    @inlinable @inline(__always)
    public func weakCompareExchangeSequentiallyConsistent(
        expected: UInt,
        desired: UInt
    ) -> (exchanged: Bool, original: UInt) {
        word.pointee.weakCompareExchange(
            expected: expected,
            desired: desired,
            successOrdering: .sequentiallyConsistent,
            failureOrdering: .relaxed
        )
    }

    /// A sequentially consistent compare-exchange.
    @inlinable @inline(__always)
    public func compareExchangeSequentiallyConsistent(
        expected: UInt,
        desired: UInt
    ) -> (exchanged: Bool, original: UInt) {
        word.pointee.compareExchange(
            expected: expected,
            desired: desired,
            successOrdering: .sequentiallyConsistent,
            failureOrdering: .relaxed
        )
    }

    /// A sequentially consistent or; returns the value before.
    @inlinable @inline(__always)
    public func fetchOrSequentiallyConsistent(_ bits: UInt) -> UInt {
        word.pointee.bitwiseOr(bits, ordering: .sequentiallyConsistent).oldValue
    }

    /// A sequentially consistent addition.
    @inlinable @inline(__always)
    public func addSequentiallyConsistent(_ amount: UInt) {
        word.pointee.wrappingAdd(amount, ordering: .sequentiallyConsistent)
    }

    /// A sequentially consistent addition; returns the value before.
    @inlinable @inline(__always)
    public func fetchAddSequentiallyConsistent(_ amount: UInt) -> UInt {
        word.pointee.wrappingAdd(amount, ordering: .sequentiallyConsistent).oldValue
    }

    /// A relaxed addition.
    @inlinable @inline(__always)
    public func addRelaxed(_ amount: UInt) {
        word.pointee.wrappingAdd(amount, ordering: .relaxed)
    }

    /// A relaxed addition; returns the value before.
    @inlinable @inline(__always)
    public func fetchAddRelaxed(_ amount: UInt) -> UInt {
        word.pointee.wrappingAdd(amount, ordering: .relaxed).oldValue
    }

    /// `prefetchw` or its like.
    @inlinable @inline(__always)
    public static func prefetchForWriting(_ address: UnsafeMutableRawPointer) {
        backpressure_prefetch_for_writing(address)
    }

    /// On Intel's processors.
    public static var gainsByFetchingAhead: Bool { backpressure_gains_by_fetching_ahead() != 0 }

    /// Whether the process may use `membarrier`, for which it is registered once.
    public static var hasHeavyFence: Bool { backpressure_has_heavy_fence() != 0 }

    /// A fence for the compiler alone.
    @inlinable @inline(__always)
    public static func lightFence() { backpressure_light_fence() }

    /// A sequentially consistent fence.
    @inlinable @inline(__always)
    public static func fullFence() { backpressure_full_fence() }

    /// `membarrier` where it is to be had, else a sequentially consistent fence.
    @inlinable @inline(__always)
    public static func heavyFence() { backpressure_heavy_fence() }
}
