public import BoundedQueues
public import CircuitBreakers
public import ConcurrencySupport

/// A bounded queue that is emptied in batches: says in good time how full it is, flushes as often and as much at once as its
/// sink bears, and loses nothing when a flush fails or the process shuts down.
///
/// ```swift
/// let controller = WatermarkController(
///     queue: RingQueue<Event>(capacity: 10_000),
///     deadLetters: undeliverable,
///     signals: signals
/// ) { batch in try await database.insert(batch) }
///
/// // A task of its own, or a service:
/// await controller.run()
///
/// // Producers:
/// await controller.push(event)
///
/// // On shutdown:
/// let left = await controller.drain(within: .seconds(10))
/// ```
///
/// What it promises:
/// - **Hard bound.** The queue's, and at most the largest batch of ``FlushPacing`` outside of it, in flight or waiting to be
///   tried again. Producers feel the queue's policy.
/// - **Nothing lost, nothing twice.** Each element that was accepted is delivered, dead-lettered, dropped by the queue's
///   policy, given back by ``drain(within:)``, or still inside; ``ControllerStatistics`` balances. The sink's word counts:
///   what it says has failed, or throws for, is tried again, even if it had reached its destination.
/// - **Order.** Batches are taken in the queue's order, one flush at a time. An element that failed is overtaken by others
///   while it waits, and comes first in the next batch once its wait is over. After a flush of which nothing was delivered,
///   nothing at all is flushed until the wait is over.
/// - **Failures.** Waits double with each attempt (``RetryBackoff``); after the last attempt the element goes to the
///   dead-letter sink. If that has no room it is kept and offered again, and takes up a place of the batch, so that the queue
///   fills behind it and producers are slowed down. Without a dead-letter sink elements are tried for ever. The error
///   ``CircuitBreakers/CircuitOpen`` is no attempt: the controller waits as long as it says.
/// - **Cancellation.** ``run()`` can be cancelled anywhere; what it had in hand stays inside, with the attempts it had, and
///   the next ``run()`` or ``drain()`` goes on with it.
///
/// The queue belongs to the controller: push and pop through it alone.
///
/// - Complexity: a push is the queue's push, a reading of its statistics and a short lock.
public final class WatermarkController<Queue: BoundedQueue>: Sendable {
    /// What is queued and flushed.
    public typealias Element = Queue.Element
    /// Delivers a batch; says, or throws for, what it didn't deliver. Never called by two tasks at once, never with an empty
    /// batch. It is cancelled when ``run()`` is, or when the deadline of a drain has passed.
    public typealias Sink = @Sendable (_ batch: [Element]) async throws -> FlushResult

    /// Where elements wait.
    let queue: Queue
    let sink: Sink
    let deadLetters: (any DeadLetterSink<Element>)?
    let clock: any NanosecondClock
    let core: LatestValue<ControllerCore<Element>, HardwareWord>
    /// Rung when the flusher has reason to look again.
    let bell = LatestValue<Bell, HardwareWord>(Bell())
    /// Rung when what the sink does is to be broken off.
    let abort = LatestValue<Bell, HardwareWord>(Bell())
    /// Whose turn it is to flush.
    let turn = Turn()
    private let consumer: FlowConsumer?
    private let signal: @Sendable (WatermarkState) -> FlowSignal

    /// A controller whose queue should be empty.
    ///
    /// - Parameters:
    ///   - queue: where elements wait, and what producers feel when it is full. The controller's alone from now on.
    ///   - watermarks: where states begin.
    ///   - pacing: how often and how much at once is flushed.
    ///   - retry: how often and when what failed is tried again.
    ///   - deadLetters: takes what was given up; `nil`: nothing is.
    ///   - signals: where the state is made known to producers.
    ///   - clock: what waits and latencies are measured on.
    ///   - signal: what a state asks of producers.
    ///   - sink: delivers a batch.
    public init(
        queue: Queue,
        watermarks: Watermarks = Watermarks(),
        pacing: FlushPacing = FlushPacing(),
        retry: RetryBackoff = RetryBackoff(),
        deadLetters: (any DeadLetterSink<Element>)? = nil,
        signals: FlowSignals? = nil,
        clock: any NanosecondClock = SystemNanosecondClock(),
        signal: @escaping @Sendable (WatermarkState) -> FlowSignal = { $0.defaultSignal },
        sink: @escaping Sink
    ) {
        self.queue = queue
        self.sink = sink
        self.deadLetters = deadLetters
        self.clock = clock
        self.signal = signal
        consumer = signals?.makeConsumer()
        let flush = FlushState<Element>(pacing: pacing, retry: retry, hasDeadLetters: deadLetters != nil)
        core = LatestValue(ControllerCore(machine: WatermarkMachine(watermarks), flush: flush))
    }

    /// The most elements that can wait in the queue.
    public var capacity: Int { queue.capacity }

    /// How full the queue is, or whether it is being drained. One atomic load.
    public var state: WatermarkState { WatermarkState(rawValue: Int(core.stamp.tag)) ?? .normal }

    /// The state now and the newest each time it has changed; ends after ``WatermarkState/drained``. See ``NewestValues``.
    public var states: NewestValues<WatermarkState> {
        NewestValues(
            read: { [core] in
                let (value, stamp) = core.read()
                let state = value.machine.state
                return .init(value: state, stamp: stamp, isLast: state == .drained)
            },
            changed: { [core] in await core.changed(since: $0) }
        )
    }

    /// Offers an element; what happens when the queue is full is its policy's choice. Once draining has begun the element
    /// comes back as `.closed`. See ``BoundedQueues/BoundedQueue/push(_:)``.
    @discardableResult
    public func push(_ element: Element) async -> PushResult<Element> {
        let result = await queue.push(element)
        await updateState()
        return result
    }

    /// Offers an element without ever waiting for room. See ``BoundedQueues/BoundedQueue/tryPush(_:)``.
    public func tryPush(_ element: Element) async -> PushResult<Element> {
        let result = await queue.tryPush(element)
        await updateState()
        return result
    }

    /// Offers the elements of a batch in order, and where the policy waits, waits until all are in. See
    /// ``BoundedQueues/BoundedQueue/push(contentsOf:)``.
    public func push<Batch: Collection<Element> & Sendable>(contentsOf batch: Batch) async -> BatchPushResult {
        let result = await queue.push(contentsOf: batch)
        await updateState()
        return result
    }

    /// Counts; they balance at rest.
    public func statistics() async -> ControllerStatistics {
        let queue = await queue.statistics()
        let (core, stamp) = core.read()
        let counts = core.flush.counts
        return ControllerStatistics(
            queue: queue,
            delivered: counts.delivered,
            deadLettered: counts.deadLettered,
            givenBack: counts.returned,
            inFlight: core.flush.inFlight.count,
            held: core.flush.held.count,
            flushes: counts.flushes,
            failedFlushes: counts.failedFlushes,
            partlyFailedFlushes: counts.partlyFailedFlushes,
            failedAttempts: counts.failedAttempts,
            refusedLetters: counts.refusedLetters,
            transitions: UInt64(stamp.version),
            intervalNanoseconds: core.flush.pacing.intervalNanoseconds,
            batchSize: core.flush.pacing.batchSize
        )
    }

    /// Reads the queue's depth, moves the state, and rings for the flusher if it waits for so many.
    ///
    /// Of readings that overlap the one that was begun last counts: whoever changes the depth begins a reading afterwards, so
    /// the one that was begun last knows all changes.
    func updateState() async {
        let ticket = core.change { ($0.takeTicket(), false) }
        let statistics = await queue.statistics()
        let isAwaited = change { core in
            core.update(statistics, ticket: ticket)
            // Whatever the ticket: this may be the push that the flusher waits for.
            return core.machine.state >= .draining || statistics.depth >= core.awaitedDepth
        }
        if isAwaited { bell.ring() }
    }

    /// Changes the core, and makes the state known if it has changed by it.
    func change<Result>(_ body: (inout ControllerCore<Element>) -> Result) -> Result {
        let (result, news) = core.change { core in
            let before = core.machine.state
            let result = body(&core)
            let state = core.machine.state
            guard state != before else { return ((result, (WatermarkState, UInt64)?.none), false) }
            core.transitions += 1
            return ((result, (state, core.transitions)), true)
        }
        // Outside the lock; by its number the newest state wins.
        if let (state, number) = news, let consumer { consumer.set(signal(state), order: number) }
        return result
    }
}

/// What a ``WatermarkController`` keeps behind its lock.
struct ControllerCore<Element: Sendable>: TaggedValue {
    var machine: WatermarkMachine
    var flush: FlushState<Element>
    /// How many elements the flusher waits for.
    var awaitedDepth = Int.max
    var transitions: UInt64 = 0
    /// A drain's time is over: whoever flushes is to let go.
    var isGivingBack = false
    private var nextTicket: UInt64 = 0
    private var newest: UInt64 = 0

    init(machine: WatermarkMachine, flush: FlushState<Element>) {
        self.machine = machine
        self.flush = flush
    }

    var tag: UInt { UInt(machine.state.rawValue) }

    mutating func takeTicket() -> UInt64 {
        nextTicket += 1
        return nextTicket
    }

    mutating func update(_ statistics: QueueStatistics, ticket: UInt64) {
        guard ticket > newest else { return }
        newest = ticket
        machine.update(depth: statistics.depth, capacity: statistics.capacity)
    }
}

/// Something to wait for that has no value.
struct Bell: TaggedValue {
    var tag: UInt { 0 }
}

extension LatestValue where Value == Bell {
    func ring() { change { _ in ((), true) } }
}
