public import ConcurrencySupport

/// A word of a schedule explorer: whoever is about to access it may be held up for another thread, and what it then sees
/// is any value that the memory model permits.
///
/// It exists inside the closure given to ``ScheduleExplorer/explore(_:)`` and in the threads begun there; made or used
/// elsewhere, a precondition fails.
public struct ModelWord: AtomicWord {
    /// What a logical thread parks on.
    public typealias Semaphore = ModelSemaphore

    // Unsafe but sound: the owner of the allocation keeps it alive, and one system thread alone runs all logical ones. The
    // memory holds the word's number in its exploration.
    private nonisolated(unsafe) let address: UnsafeMutablePointer<UInt>

    /// A handle for the word at `address`.
    public init(at address: UnsafeMutableRawPointer) {
        self.address = address.assumingMemoryBound(to: UInt.self)
    }

    /// Makes a word with a value that every thread sees.
    public func initialize(to value: UInt) {
        address.initialize(to: Exploration.current.addWord(value))
    }

    private var id: UInt { address.pointee }

    /// Says what the word is called where a failure tells how it came about.
    public func named(_ name: String) -> ModelWord {
        Exploration.current.name(id, name)
        return self
    }

    /// May see any value that is not older than one seen before.
    public func loadRelaxed() -> UInt { Exploration.current.load(id, .relaxed) }
    /// Likewise, and then sees what was released with the value.
    public func loadAcquiring() -> UInt { Exploration.current.load(id, .acquiring) }
    /// Sees nothing older than the newest sequentially consistent store.
    public func loadSequentiallyConsistent() -> UInt { Exploration.current.load(id, .sequentiallyConsistent) }
    /// A store that carries nothing along.
    public func storeRelaxed(_ value: UInt) { Exploration.current.store(id, .relaxed, value) }
    /// A store that carries along what its thread has done and seen.
    public func storeReleasing(_ value: UInt) { Exploration.current.store(id, .releasing, value) }
    /// Likewise, and later sequentially consistent loads see it.
    public func storeSequentiallyConsistent(_ value: UInt) {
        Exploration.current.store(id, .sequentiallyConsistent, value)
    }
    /// Never fails without a reason.
    public func weakCompareExchangeSequentiallyConsistent(
        expected: UInt,
        desired: UInt
    ) -> (exchanged: Bool, original: UInt) {
        compareExchangeSequentiallyConsistent(expected: expected, desired: desired)
    }
    /// Replaces `expected` by `desired`.
    public func compareExchangeSequentiallyConsistent(
        expected: UInt,
        desired: UInt
    ) -> (exchanged: Bool, original: UInt) {
        let original = Exploration.current.update(id, .sequentiallyConsistent, "compare-exchange \(expected)") {
            $0 == expected ? desired : nil
        }
        return (original == expected, original)
    }
    /// Not of the seam: replaces `expected` by `desired`, acquiring and releasing; a failure acquires.
    public func compareExchangeAcquiringAndReleasing(
        expected: UInt,
        desired: UInt
    ) -> (exchanged: Bool, original: UInt) {
        let verb = "compare-exchange \(expected)"
        let original = Exploration.current.update(id, .acquiringAndReleasing, failing: .acquiring, verb) {
            $0 == expected ? desired : nil
        }
        return (original == expected, original)
    }
    /// Sets bits; returns the value before.
    public func fetchOrSequentiallyConsistent(_ bits: UInt) -> UInt {
        Exploration.current.update(id, .sequentiallyConsistent, "or") { $0 | bits }
    }
    /// Adds.
    public func addSequentiallyConsistent(_ amount: UInt) {
        _ = Exploration.current.update(id, .sequentiallyConsistent, "add") { $0 &+ amount }
    }
    /// Adds; returns the value before.
    public func fetchAddSequentiallyConsistent(_ amount: UInt) -> UInt {
        Exploration.current.update(id, .sequentiallyConsistent, "add") { $0 &+ amount }
    }
    /// Adds, ordering nothing.
    public func addRelaxed(_ amount: UInt) {
        _ = Exploration.current.update(id, .relaxed, "add") { $0 &+ amount }
    }
    /// Adds, ordering nothing; returns the value before.
    public func fetchAddRelaxed(_ amount: UInt) -> UInt {
        Exploration.current.update(id, .relaxed, "add") { $0 &+ amount }
    }

    /// The light half of an asymmetric pair: two of them order nothing.
    public static func lightFence() { Exploration.current.fence(isHeavy: false) }
    /// In the model as strong as the heavy half, which gathers what others did before theirs.
    public static func fullFence() { heavyFence() }
    /// The heavy half.
    public static func heavyFence() { Exploration.current.fence(isHeavy: true) }
    /// Fails the execution if another thread touched the memory and nothing puts the two in order.
    public static func willTouch(_ address: UnsafeMutableRawPointer) { Exploration.current.touch(address) }
    /// From here to ``didUnlock()`` no other thread runs.
    public func willLock() { Exploration.current.lock(id) }
    /// Whoever takes the lock later sees what this thread has done.
    public func didUnlock() { Exploration.current.unlock(id) }
    /// None: a logical thread that spins waits for another to do something.
    public static var backoff: Backoff { Backoff(pauses: 0, yields: 0) }
    /// Nothing: others run whenever they like.
    public static func stepBack() {}
    /// Goes on when another thread has done something.
    public static func pause(_ backoff: inout Backoff) { Exploration.current.pause() }
    /// Likewise.
    public static func yieldThread() { Exploration.current.pause() }
}

/// What logical threads park on: whoever waits runs again only when another thread has signalled. That nobody ever will
/// is found and is a failure of the execution.
public final class ModelSemaphore: ParkingSemaphore, @unchecked Sendable {
    // Sendable because one system thread alone runs all logical ones.
    var count = 0
    var message = ModelMemory.Message()
    var digest: UInt64 = 0

    /// A semaphore that nobody has signalled.
    public init() {}

    /// Lets one thread on.
    public func signal() { Exploration.current.signal(self) }

    /// Waits until it is let on.
    public func wait() { _ = Exploration.current.wait(self, isTimed: false) }

    /// Likewise; the time is over at once where the explorer chooses so, and when nobody else can run.
    public func wait(nanoseconds: Int) -> Bool { Exploration.current.wait(self, isTimed: true) }
}
