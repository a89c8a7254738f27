/// A queue that never holds more than ``capacity`` elements, driven by tasks.
///
/// What every conforming type promises:
/// - **Hard bound.** At no instant are more than ``capacity`` elements accepted and not yet taken.
/// - **Nothing lost, nothing twice.** Each element offered is taken once, evicted or dropped by the policy (and seen by
///   the drop handler), returned to its caller, or still inside. ``QueueStatistics`` balances at rest.
/// - **Order.** First in, first out for the elements of one producer; over all producers too, in the order in which the
///   pushes took effect.
/// - **Cancellation.** A push that is cancelled while it waits returns `.cancelled` with its element, which did not
///   enter; a pop that is cancelled returns `nil` and has taken nothing.
///
/// The requirements are `async` so that actors can conform; methods that don't suspend satisfy them too. Types whose
/// operations need no suspension refine ``SynchronousBoundedQueue``, which threads can drive.
public protocol BoundedQueue<Element>: Sendable {
    /// What the queue holds.
    associatedtype Element: Sendable

    /// The most elements that can be inside at once: exactly what the creator asked for.
    nonisolated var capacity: Int { get }

    /// What happens to an element that is offered while the queue is full.
    nonisolated var policy: OverflowPolicy { get }

    /// Offers an element. With the policy ``OverflowPolicy/block`` it suspends until there is room, the queue is closed,
    /// or the task is cancelled; producers are woken in order of arrival. With any other policy it doesn't suspend.
    func push(_ element: Element) async -> PushResult<Element>

    /// Takes the oldest element; suspends while there is none. `nil`: the queue is closed and empty, or the task was
    /// cancelled.
    func pop() async -> Element?

    /// Offers an element without ever waiting for room: with ``OverflowPolicy/block`` a full queue returns it.
    func tryPush(_ element: Element) async -> PushResult<Element>

    /// Takes the oldest element, or `nil` if there is none now.
    func tryPop() async -> Element?

    /// Refuses all further pushes, lets what is inside be taken, and wakes everyone who waits. Closing again does nothing.
    func close() async

    /// Counts and depth. Exact at rest; while others push and pop, the parts are read one after the other.
    func statistics() async -> QueueStatistics
}

/// A bounded queue whose operations don't need to suspend, so that threads can drive it.
///
/// Loops that must be fast are generic over this protocol and specialised; an existential costs several times as much.
public protocol SynchronousBoundedQueue<Element>: BoundedQueue {
    /// Offers an element without ever waiting for room: with ``OverflowPolicy/block`` a full queue returns it.
    func tryPush(_ element: Element) -> PushResult<Element>

    /// Takes the oldest element, or `nil` if there is none now.
    func tryPop() -> Element?

    /// Refuses all further pushes, lets what is inside be taken, and wakes everyone who waits.
    func close()

    /// Counts and depth. Exact at rest; while others push and pop, the parts are read one after the other.
    func statistics() -> QueueStatistics
}
