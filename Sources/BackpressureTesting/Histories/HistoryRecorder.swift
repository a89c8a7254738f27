internal import CConcurrencySupport
internal import ConcurrencySupport

/// Where one thread notes what it does with a queue. The memory is there, and was touched, before the first operation:
/// recording allocates nothing.
///
///     let recorder = HistoryRecorder(thread: 0, capacity: 100_000)
///     recorder.push(17) { queue.tryPush($0).isAccepted }
///     recorder.pop { queue.tryPop() }
///
/// Used by one thread at a time; ``events`` is read after that thread has ended, or by it.
public final class HistoryRecorder: @unchecked Sendable {
    // Sendable because a recorder goes from the thread that makes it to the one that uses it and back, and starting and
    // joining a thread orders what each has written.
    @usableFromInline let storage: UnsafeMutablePointer<QueueEvent>
    @usableFromInline let capacity: Int
    @usableFromInline let thread: Int
    @usableFromInline let clock: HistoryClock
    private let paddingBefore = CacheLinePadding()
    @usableFromInline var count = 0
    /// Not 0: the thread is between a call and its return. Read by the thread itself only, in a handler of signals; the
    /// clock's fences keep the compiler from leaving out a store.
    @usableFromInline let isInside: UnsafeMutablePointer<UInt8>
    private let paddingAfter = CacheLinePadding()

    /// A recorder without events.
    ///
    /// - Parameters:
    ///   - thread: the number of the thread, from 0, no other recorder's.
    ///   - capacity: how many operations can be recorded; one more traps.
    ///   - clock: where stamps come from; the same for all threads.
    public init(thread: Int, capacity: Int, clock: HistoryClock = .best) {
        storage = .allocate(capacity: capacity)
        storage.initialize(
            repeating: QueueEvent(thread: thread, .popSaidEmpty, call: 0, returned: 0),
            count: capacity
        )
        // A cache line of its own.
        isInside = .allocate(capacity: 256)
        isInside.initialize(repeating: 0, count: 256)
        self.capacity = capacity
        self.thread = thread
        self.clock = clock
    }

    deinit {
        storage.deallocate()
        isInside.deallocate()
    }

    /// How many operations can still be recorded.
    public var room: Int { capacity - count }

    /// What was recorded, in order.
    public var events: [QueueEvent] { Array(UnsafeBufferPointer(start: storage, count: count)) }

    /// Offers a value and records what came of it.
    ///
    /// - Parameters:
    ///   - value: offered; if it is accepted, never offered again.
    ///   - body: offers it; `false`: the queue said that it is full.
    /// - Returns: what `body` returned.
    @inlinable @inline(__always) @discardableResult
    public func push(_ value: UInt64, _ body: (UInt64) -> Bool) -> Bool {
        isInside[128] = 1
        let call = clock.stampBeforeCall()
        let isAccepted = body(value)
        let returned = clock.stampAfterCall()
        isInside[128] = 0
        record(isAccepted ? .pushAccepted : .pushSaidFull, value, call, returned)
        return isAccepted
    }

    /// Asks for a value and records what came of it.
    ///
    /// - Parameter body: asks; `nil`: the queue said that it is empty.
    /// - Returns: what `body` returned.
    @inlinable @inline(__always) @discardableResult
    public func pop(_ body: () -> UInt64?) -> UInt64? {
        isInside[128] = 1
        let call = clock.stampBeforeCall()
        let value = body()
        let returned = clock.stampAfterCall()
        isInside[128] = 0
        record(value == nil ? .popSaidEmpty : .popTook, value ?? 0, call, returned)
        return value
    }

    /// Lets the thread that calls this be stopped in the middle of its operations. Must be followed by ``endStalls()``.
    func beginStalls(seed: UInt64) {
        _ = backpressure_begin_stalls(isInside + 128, UInt32(truncatingIfNeeded: seed))
    }

    func endStalls() { backpressure_end_stalls() }

    @inlinable @inline(__always)
    func record(_ kind: QueueEvent.Kind, _ value: UInt64, _ call: UInt64, _ returned: UInt64) {
        precondition(count < capacity, "more operations than the recorder has room for")
        storage[count] = QueueEvent(thread: thread, kind, value, call: call, returned: returned)
        count &+= 1
    }
}
