/// A queue that never holds more than ``capacity`` elements, driven by tasks.
///
/// What every conforming type promises:
/// - **Hard bound.** At no instant are more than ``capacity`` elements accepted and not yet taken (those in a
///   ``SpillStore`` apart).
/// - **Nothing lost, nothing twice.** Each element offered is taken once, evicted or dropped by the policy (and seen by
///   the drop handler), returned to its caller, or still inside. ``QueueStatistics`` balances at rest.
/// - **Order.** First in, first out for the elements of one producer; over all producers too, in the order in which the
///   pushes took effect.
/// - **Cancellation.** A push that is cancelled while it waits returns `.cancelled` with its element, which did not
///   enter; a pop that is cancelled returns `nil` and has taken nothing.
///
/// The requirements are `async` so that actors can conform; methods that don't suspend satisfy them too. Types whose
/// operations need no suspension refine ``SynchronousBoundedQueue``, which threads can drive, and those on which a thread
/// can wait refine ``BlockingBoundedQueue``.
///
/// They run where their caller does (`nonisolated(nonsending)`): a task of an actor that finds room, or an element, stays on
/// the actor. An `async` method without that attribute conforms too, and takes its caller to the cooperative pool and back.
///
/// Deadlines and batches have default implementations made of the other operations.
public protocol BoundedQueue<Element>: Sendable {
    /// What the queue holds.
    associatedtype Element: Sendable

    /// The most elements that can be inside at once: exactly what the creator asked for.
    nonisolated var capacity: Int { get }

    /// What happens to an element that is offered while the queue is full.
    nonisolated var policy: OverflowPolicy { get }

    /// Offers an element. With the policies ``OverflowPolicy/block`` and ``OverflowPolicy/throttle(from:to:longestDelay:)``
    /// it suspends until there is room, the queue is closed, or the task is cancelled; producers are woken in order of
    /// arrival. With any other policy it doesn't suspend.
    func push(_ element: Element) async -> PushResult<Element>

    /// Takes the oldest element; suspends while there is none. `nil`: the queue is closed and empty, or the task was
    /// cancelled.
    func pop() async -> Element?

    /// Like ``push(_:)``, but waits no longer than until `deadline`: then the element comes back as `.timedOut`. A deadline
    /// in the past means one attempt.
    func push<C: Clock>(_ element: Element, until deadline: C.Instant, clock: C) async -> PushResult<Element>
    where C.Duration == Duration

    /// Like ``pop()``, but waits no longer than until `deadline`. A deadline in the past means one attempt.
    func pop<C: Clock>(until deadline: C.Instant, clock: C) async -> PopResult<Element> where C.Duration == Duration

    /// Offers the elements of a batch in order, and where the policy waits, waits until all are in. Other producers'
    /// elements may come between them.
    func push<Batch: Collection<Element> & Sendable>(contentsOf batch: Batch) async -> BatchPushResult

    /// Takes the oldest elements, at most `count` (which must be positive); suspends while there is none. Empty: the queue
    /// is closed and empty, or the task was cancelled.
    func pop(upTo count: Int) async -> [Element]

    /// Like ``pop(upTo:)``, but appends to `elements`, which is where memory can be reserved: emptied and handed over again
    /// and again, it spares an allocation for each batch. Returns how many it took; zero: the queue is closed and empty, or the
    /// task was cancelled.
    func pop(upTo count: Int, into elements: inout [Element]) async -> Int

    /// Offers an element without ever waiting for room: where the policy would wait, a full queue returns it.
    func tryPush(_ element: Element) async -> PushResult<Element>

    /// Takes the oldest element, or `nil` if there is none now.
    func tryPop() async -> Element?

    /// Offers the elements of a batch in order without ever waiting for room; stops at the first that is refused.
    func tryPush<Batch: Collection<Element> & Sendable>(contentsOf batch: Batch) async -> BatchPushResult

    /// Takes the oldest elements that are there now, at most `count`.
    func tryPop(upTo count: Int) async -> [Element]

    /// Refuses all further pushes, lets what is inside be taken, and wakes everyone who waits. Closing again does nothing.
    func close() async

    /// Counts and depth. Exact at rest; while others push and pop, the parts are read one after the other.
    func statistics() async -> QueueStatistics
}

/// A bounded queue whose operations don't need to suspend, so that threads can drive it.
///
/// Loops that must be fast are generic over this protocol and specialised; an existential costs several times as much.
public protocol SynchronousBoundedQueue<Element>: BoundedQueue {
    /// Offers an element without ever waiting for room: where the policy would wait, a full queue returns it.
    func tryPush(_ element: Element) -> PushResult<Element>

    /// Takes the oldest element, or `nil` if there is none now.
    func tryPop() -> Element?

    /// Offers the elements of a batch in order without ever waiting for room; stops at the first that is refused.
    func tryPush<Batch: Collection<Element> & Sendable>(contentsOf batch: Batch) -> BatchPushResult

    /// Takes the oldest elements that are there now, at most `count`, and appends them to `elements`, which is where
    /// memory can be reserved. Returns how many it took.
    func tryPop(upTo count: Int, into elements: inout [Element]) -> Int

    /// Refuses all further pushes, lets what is inside be taken, and wakes everyone who waits.
    func close()

    /// Counts and depth. Exact at rest; while others push and pop, the parts are read one after the other.
    func statistics() -> QueueStatistics
}

/// A bounded queue on which threads can wait that have no task to suspend.
///
/// A waiting thread spins for a moment, then yields its time slice some times, then parks: it costs no processor time
/// until it is woken. Never call these from a task: they would hold a thread of the cooperative pool.
public protocol BlockingBoundedQueue<Element>: SynchronousBoundedQueue {
    /// Offers an element; where the policy waits, holds this thread until there is room, the queue is closed (`.closed`),
    /// or `timeout` has passed (`.timedOut`; `nil`: never; zero: one attempt).
    @available(*, noasync, message: "blocks the thread; use push(_:) in a task")
    func pushBlocking(_ element: Element, timeout: Duration?) -> PushResult<Element>

    /// Takes the oldest element; holds this thread while there is none, until the queue is closed and empty (`.finished`)
    /// or `timeout` has passed (`.timedOut`; `nil`: never; zero: one attempt).
    @available(*, noasync, message: "blocks the thread; use pop() in a task")
    func popBlocking(timeout: Duration?) -> PopResult<Element>
}
