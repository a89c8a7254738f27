import BackpressureTesting
import BoundedQueues

extension VerificationCheck {
    /// The conformance suite of bounded queues: every promise of the protocol, at rest, waiting and under contention.
    static let queueContract = VerificationCheck(
        id: "contract",
        mechanism: .queue,
        summary: "the protocol's promises one by one: policies, deadlines, close, drain, cancellation, order of waking",
        fixedSeconds: 1.5,
        cases: [.promise],
        reasonAgainst: { subject in
            guard case .queue(let queue) = subject else { return "for queues" }
            if queue.words == nil { return "no elements of 8 bytes" }
            return queue.promises.contract ? nil : "promises another contract: \(queue.limitations ?? queue.summary)"
        },
        perform: { subject, effort in
            guard case .queue(let queue) = subject, let make = queue.words else { return [] }
            var outcomes: [VerificationOutcome] = []
            for check in QueueCheck.allCases where effort.includes(promise: check.rawValue) {
                let tally = OperationTally()
                var suite = QueueConformance(supporting: queue.features) { request in
                    CountedQueue(make, request, tally)
                }
                suite.seed = effort.seed
                let reason =
                    suite.skips(check) ? "the queue doesn't promise it: \(queue.limitations ?? queue.summary)" : nil
                outcomes.append(
                    await .contract(check.rawValue, unless: reason, seed: effort.seed, counting: tally) {
                        [suite] () async throws(ConformanceFailure) in try await suite.run(check)
                    }
                )
            }
            return effort.orNothing(outcomes, "contract")
        }
    )
}

extension QueueImplementation {
    /// What the conformance suite may ask of it. Without `throttle`, whose delays are on a clock of the queue's own.
    var features: QueueFeatures {
        var features: QueueFeatures = []
        if maxProducers == nil, maxConsumers == nil { features.insert(.manyProducersAndConsumers) }
        if promises.wakesInOrder { features.insert(.strictArrivalOrder) }
        for policy in policies {
            switch policy.description {
            case "drop-oldest": features.insert(.dropOldest)
            case "sample": features.insert(.sample)
            case "spill": features.insert(.spill)
            default: break
            }
        }
        return features
    }
}

/// A registered queue for words as the suite's queue for integers; counts what is done with it.
struct CountedQueue: BoundedQueue {
    private let base: any BoundedQueue<UInt64>
    private let tally: OperationTally

    init(
        _ make: @Sendable (QueueSetup<UInt64>) -> QueueInstance,
        _ request: QueueRequest,
        _ tally: OperationTally
    ) {
        let store = request.spillStore.map { asked in
            var (asked, store) = (asked, InMemorySpillStore<UInt64>(limit: asked.limit))
            while let element = asked.removeFirst() { _ = store.append(UInt64(element)) }
            return store
        }
        let onDrop = request.onDrop
        let instance = make(
            QueueSetup(capacity: request.capacity, policy: request.policy, spillStore: store) { element, reason in
                onDrop(element.asInteger, reason)
            }
        )
        base = instance.wordQueue
        self.tally = tally
    }

    var capacity: Int { base.capacity }
    var policy: OverflowPolicy { base.policy }

    func tryPush(_ element: Int) async -> PushResult<Int> { count(await base.tryPush(UInt64(element))) }

    func tryPop() async -> Int? { count(await base.tryPop()) }

    func push(_ element: Int) async -> PushResult<Int> { count(await base.push(UInt64(element))) }

    func pop() async -> Int? { count(await base.pop()) }

    func push<C: Clock>(_ element: Int, until deadline: C.Instant, clock: C) async -> PushResult<Int>
    where C.Duration == Duration {
        count(await base.push(UInt64(element), until: deadline, clock: clock))
    }

    func pop<C: Clock>(until deadline: C.Instant, clock: C) async -> PopResult<Int> where C.Duration == Duration {
        switch await base.pop(until: deadline, clock: clock) {
        case .element(let element):
            tally.count(1)
            return .element(element.asInteger)
        case .timedOut: return .timedOut
        case .finished: return .finished
        case .cancelled: return .cancelled
        }
    }

    func push<Batch: Collection<Int> & Sendable>(contentsOf batch: Batch) async -> BatchPushResult {
        count(await base.push(contentsOf: batch.map { UInt64($0) }), of: batch.count)
    }

    func pop(upTo count: Int) async -> [Int] { self.count(await base.pop(upTo: count)) }

    func pop(upTo count: Int, into elements: inout [Int]) async -> Int {
        var taken: [UInt64] = []
        let said = await base.pop(upTo: count, into: &taken)
        elements += self.count(taken)
        return said
    }

    func tryPush<Batch: Collection<Int> & Sendable>(contentsOf batch: Batch) async -> BatchPushResult {
        count(await base.tryPush(contentsOf: batch.map { UInt64($0) }), of: batch.count)
    }

    func tryPop(upTo count: Int) async -> [Int] { self.count(await base.tryPop(upTo: count)) }

    func close() async { await base.close() }

    func statistics() async -> QueueStatistics { await base.statistics() }

    private func count(_ result: PushResult<UInt64>) -> PushResult<Int> {
        tally.count(result.isAccepted ? 1 : 0)
        return result.asIntegers
    }

    private func count(_ element: UInt64?) -> Int? {
        tally.count(element == nil ? 0 : 1)
        return element?.asInteger
    }

    private func count(_ result: BatchPushResult, of offered: Int) -> BatchPushResult {
        tally.count(result.accepted, of: offered)
        return result
    }

    private func count(_ elements: [UInt64]) -> [Int] {
        tally.count(elements.count, of: max(1, elements.count))
        return elements.map(\.asInteger)
    }
}

extension UInt64 {
    /// The suite's elements are small and not negative; whatever a broken queue makes of them is some integer.
    fileprivate var asInteger: Int { Int(truncatingIfNeeded: self) }
}

extension PushResult<UInt64> {
    fileprivate var asIntegers: PushResult<Int> {
        switch self {
        case .accepted: .accepted
        case .dropped: .dropped
        case .full(let element): .full(element.asInteger)
        case .rejected(let element, let error): .rejected(element.asInteger, error)
        case .closed(let element): .closed(element.asInteger)
        case .timedOut(let element): .timedOut(element.asInteger)
        case .cancelled(let element): .cancelled(element.asInteger)
        }
    }
}
