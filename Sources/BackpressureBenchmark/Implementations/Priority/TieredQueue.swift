import BoundedQueues

// Priority queues as the harness knows queues: elements go to the four tiers in turn, by their number, and nothing is
// shed. What order they come out in is the priority queues' own tests' business; here they are measured.

/// A priority queue that threads and tasks can drive.
struct TieredQueue<Base: BlockingBoundedPriorityQueue>: BlockingBoundedQueue where Base.Element: BenchmarkElement {
    let base: Base

    var capacity: Int { base.capacity }
    var policy: OverflowPolicy { .block }

    @inline(__always)
    func tryPush(_ element: Base.Element) -> PushResult<Base.Element> {
        base.tryPush(element, priority: tier(of: element))
    }

    @inline(__always)
    func tryPop() -> Base.Element? { base.tryPop()?.element }

    @inline(__always)
    func push(_ element: Base.Element) async -> PushResult<Base.Element> {
        await base.push(element, priority: tier(of: element))
    }

    @inline(__always)
    func pop() async -> Base.Element? { await base.pop()?.element }

    func pushBlocking(_ element: Base.Element, timeout: Duration?) -> PushResult<Base.Element> {
        base.pushBlocking(element, priority: tier(of: element), timeout: timeout)
    }

    func popBlocking(timeout: Duration?) -> PopResult<Base.Element> {
        base.popBlocking(timeout: timeout).map(\.element)
    }

    func close() { base.close() }

    func statistics() -> QueueStatistics { QueueStatistics(base.statistics()) }
}

/// A priority queue that tasks alone can drive.
struct TieredActorQueue<Element: BenchmarkElement>: BoundedQueue {
    let base: ActorPriorityQueue<Element>

    var capacity: Int { base.capacity }
    var policy: OverflowPolicy { .block }

    func tryPush(_ element: Element) async -> PushResult<Element> {
        await base.tryPush(element, priority: tier(of: element))
    }

    func tryPop() async -> Element? { await base.tryPop()?.element }

    func push(_ element: Element) async -> PushResult<Element> {
        await base.push(element, priority: tier(of: element))
    }

    func pop() async -> Element? { await base.pop()?.element }

    func close() async { await base.close() }

    func statistics() async -> QueueStatistics { QueueStatistics(await base.statistics()) }
}

@inline(__always)
private func tier(of element: some BenchmarkElement) -> PriorityTier {
    switch element.number % 4 {
    case 0: .critical
    case 1: .high
    case 2: .normal
    default: .low
    }
}

extension PopResult {
    fileprivate func map<Value>(_ transform: (Element) -> Value) -> PopResult<Value> {
        switch self {
        case .element(let element): .element(transform(element))
        case .timedOut: .timedOut
        case .finished: .finished
        case .cancelled: .cancelled
        }
    }
}

extension QueueStatistics {
    fileprivate init(_ statistics: PriorityStatistics) {
        let total = statistics.total
        self.init(
            accepted: total.accepted,
            refused: total.refused,
            taken: total.taken,
            dropped: total.dropped,
            evicted: 0,
            depth: total.depth,
            peakDepth: statistics.peakDepth,
            capacity: statistics.capacity
        )
    }
}
