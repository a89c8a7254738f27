/// A queue of four tiers that never holds more than ``capacity`` elements in all, driven by tasks.
///
/// What every conforming type promises:
/// - **Hard bound.** At no instant are more than ``capacity`` elements, of all tiers together, accepted and not yet taken.
/// - **Urgency.** The oldest element of the most urgent tier that has any is taken next; within a tier, first in, first
///   out. The one exception is ageing.
/// - **No starvation.** While a tier holds elements, its oldest is taken within ``ageingLimit`` takes: an element with k
///   others of its tier before it leaves within (k + 1) × ``ageingLimit`` takes, whatever else comes. A less urgent
///   element is taken before a more urgent one only if its tier has been passed over for at least ``ageingLimit`` − 3
///   takes (− 3, because when the other tiers are due at the same time they need a take each).
/// - **Overload.** The less urgent tiers are turned away first as the queue fills, by the ``OverloadTable``; what it lets
///   through waits where there is no room. `critical` is never shed or dropped.
/// - **Nothing lost, nothing twice.** Each element offered is taken once, dropped (and seen by the drop handler), returned
///   to its caller, or still inside. ``PriorityStatistics`` balances at rest.
/// - **Cancellation.** A push that is cancelled while it waits returns `.cancelled` with its element, which did not enter;
///   a pop that is cancelled returns `nil` and has taken nothing.
///
/// The requirements are `async` so that actors can conform; methods that don't suspend satisfy them too. Types whose
/// operations need no suspension refine ``SynchronousBoundedPriorityQueue``, which threads can drive, and those on which a
/// thread can wait refine ``BlockingBoundedPriorityQueue``.
///
/// Deadlines have default implementations made of the other operations.
public protocol BoundedPriorityQueue<Element>: Sendable {
    /// What the queue holds.
    associatedtype Element: Sendable

    /// The most elements, of all tiers together, that can be inside at once: exactly what the creator asked for.
    nonisolated var capacity: Int { get }

    /// Which tiers are turned away as the queue fills.
    nonisolated var overload: OverloadTable { get }

    /// Within how many takes the oldest element of a tier is taken.
    nonisolated var ageingLimit: Int { get }

    /// Offers an element. What the overload table sheds comes back as `.rejected` or is `.dropped`, at once. Anything else
    /// enters, and if there is no room suspends until there is, the queue is closed, or the task is cancelled. Producers
    /// are woken in order of tier, the most urgent first; within a tier in order of arrival.
    func push(_ element: Element, priority tier: PriorityTier) async -> PushResult<Element>

    /// Like ``push(_:priority:)``, but waits no longer than until `deadline`: then the element comes back as `.timedOut`.
    /// A deadline in the past means one attempt.
    func push<C: Clock>(
        _ element: Element,
        priority tier: PriorityTier,
        until deadline: C.Instant,
        clock: C
    ) async -> PushResult<Element> where C.Duration == Duration

    /// Takes the next element; suspends while there is none. `nil`: the queue is closed and empty, or the task was
    /// cancelled.
    func pop() async -> Prioritized<Element>?

    /// Like ``pop()``, but waits no longer than until `deadline`. A deadline in the past means one attempt.
    func pop<C: Clock>(until deadline: C.Instant, clock: C) async -> PopResult<Prioritized<Element>>
    where C.Duration == Duration

    /// Offers an element without ever waiting: where ``push(_:priority:)`` would wait, the element comes back as `.full`.
    func tryPush(_ element: Element, priority tier: PriorityTier) async -> PushResult<Element>

    /// Takes the next element, or `nil` if there is none now.
    func tryPop() async -> Prioritized<Element>?

    /// Refuses all further pushes, lets what is inside be taken, and wakes everyone who waits. Closing again does nothing.
    func close() async

    /// Counts and depths. Exact at rest; while others push and pop, the parts are read one after the other.
    func statistics() async -> PriorityStatistics
}

/// A priority queue whose operations don't need to suspend, so that threads can drive it.
///
/// Loops that must be fast are generic over this protocol and specialised; an existential costs several times as much.
public protocol SynchronousBoundedPriorityQueue<Element>: BoundedPriorityQueue {
    /// Offers an element without ever waiting: where ``BoundedPriorityQueue/push(_:priority:)`` would wait, the element
    /// comes back as `.full`.
    func tryPush(_ element: Element, priority tier: PriorityTier) -> PushResult<Element>

    /// Takes the next element, or `nil` if there is none now.
    func tryPop() -> Prioritized<Element>?

    /// Refuses all further pushes, lets what is inside be taken, and wakes everyone who waits. Closing again does nothing.
    func close()

    /// Counts and depths. Exact at rest; while others push and pop, the parts are read one after the other.
    func statistics() -> PriorityStatistics
}

/// A priority queue on which threads can wait that have no task to suspend.
///
/// A waiting thread spins for a moment, then yields its time slice some times, then parks: it costs no processor time
/// until it is woken. Never call these from a task: they would hold a thread of the cooperative pool.
public protocol BlockingBoundedPriorityQueue<Element>: SynchronousBoundedPriorityQueue {
    /// Offers an element as ``BoundedPriorityQueue/push(_:priority:)`` does, but holds this thread where that would
    /// suspend, until there is room, the queue is closed (`.closed`), or `timeout` has passed (`.timedOut`; `nil`: never;
    /// zero: one attempt).
    @available(*, noasync, message: "blocks the thread; use push(_:priority:) in a task")
    func pushBlocking(_ element: Element, priority tier: PriorityTier, timeout: Duration?) -> PushResult<Element>

    /// Takes the next element; holds this thread while there is none, until the queue is closed and empty (`.finished`)
    /// or `timeout` has passed (`.timedOut`; `nil`: never; zero: one attempt).
    @available(*, noasync, message: "blocks the thread; use pop() in a task")
    func popBlocking(timeout: Duration?) -> PopResult<Prioritized<Element>>
}

extension BoundedPriorityQueue {
    /// Races a push against the clock: the push is cancelled when the deadline passes first.
    public func push<C: Clock>(
        _ element: Element,
        priority tier: PriorityTier,
        until deadline: C.Instant,
        clock: C
    ) async -> PushResult<Element> where C.Duration == Duration {
        if clock.now >= deadline {
            let result = await tryPush(element, priority: tier)
            return if case .full(let element) = result { .timedOut(element) } else { result }
        }
        let result = await race(until: deadline, clock: clock) { await self.push(element, priority: tier) }
        if case .cancelled(let element) = result, !Task.isCancelled { return .timedOut(element) }
        return result
    }

    /// Races a pop against the clock: the pop is cancelled when the deadline passes first.
    public func pop<C: Clock>(until deadline: C.Instant, clock: C) async -> PopResult<Prioritized<Element>>
    where C.Duration == Duration {
        if let next = await tryPop() { return .element(next) }
        if clock.now < deadline {
            let result = await race(until: deadline, clock: clock) { await self.pop() }
            if let next = result { return .element(next) }
        }
        if Task.isCancelled { return .cancelled }
        return clock.now >= deadline ? .timedOut : .finished
    }

    /// Closes the queue and takes everything that is left, in the order in which it would have been taken. Elements that
    /// other consumers take meanwhile are theirs.
    public func drain() async -> [Prioritized<Element>] {
        await close()
        var elements: [Prioritized<Element>] = []
        while let next = await pop() { elements.append(next) }
        return elements
    }
}
