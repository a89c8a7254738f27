import BoundedQueues

/// Sequences of operations on every queue with a secondary store.
///
/// When an element goes from the store into the queue is the queue's business. So there is no model of where each is: all
/// that went in comes out, in order, and a push is refused only if the store is full.
///
/// The first three bytes choose capacity, the store's limit and spacing, each of the others is a ``FuzzOperation``.
enum SpillFuzzer {
    @Sendable
    static func run(_ input: [UInt8]) {
        var bytes = InputBytes(input)
        let capacity = 1 + bytes.next() % 8
        let limit = bytes.next() % 8
        let spacing = bytes.pick([SlotSpacing.dense, .padded, .widelyPadded])
        let operations = FuzzOperation.sequence(&bytes, capacity: capacity)
        runBlocking {
            let name = "capacity \(capacity), store of \(limit)"
            await check("MutexQueue, \(name)", limit, operations) { MutexQueue(capacity: capacity, spillStore: $0) }
            await check("ActorQueue, \(name)", limit, operations) { ActorQueue(capacity: capacity, spillStore: $0) }
            for consistency in [RingConsistency.relaxed, .strict] {
                await check("RingQueue, \(consistency), \(name)", limit, operations) {
                    RingQueue(capacity: capacity, spillStore: $0, spacing: spacing, consistency: consistency)
                }
            }
        }
    }

    private static func check<Queue: BoundedQueue<Tracked>>(
        _ name: String,
        _ limit: Int,
        _ operations: [FuzzOperation],
        _ make: (InMemorySpillStore<Tracked>) -> Queue
    ) async {
        let source = Tracked.Source()
        do {
            var run = SpillFuzzRun(name: name, queue: make(InMemorySpillStore(limit: limit)), limit: limit, source)
            await run.follow(operations)
        }
        Fuzzing.expectEqual(source.livingCount, 0, "\(name): the number of elements that are never released")
    }
}

/// One sequence on one queue with a store.
private struct SpillFuzzRun<Queue: BoundedQueue<Tracked>> {
    private let name: String
    private let queue: Queue
    private let limit: Int
    private let source: Tracked.Source
    private var inside: [Int] = []
    private var (offered, accepted, taken, step) = (0, 0, 0, 0)
    private var isClosed = false

    init(name: String, queue: Queue, limit: Int, _ source: Tracked.Source) {
        (self.name, self.queue, self.limit, self.source) = (name, queue, limit, source)
    }

    /// Does all steps, closes the queue and takes what is left.
    mutating func follow(_ operations: [FuzzOperation]) async {
        for operation in operations {
            await follow(operation)
            step += 1
        }
        await compareStatistics()
        await follow(.close)
        for _ in 0...inside.count { await pop() }
        expectEqual(inside, [], "what is left inside")
        await compareStatistics()
    }

    private mutating func follow(_ operation: FuzzOperation) async {
        switch operation {
        case .push: await push()
        case .pushBatch(let count): await push(count)
        case .pop: await pop()
        case .popBatch(let count):
            let numbers = await queue.tryPop(upTo: count).map(\.number)
            expectEqual(numbers, Array(inside.prefix(count)), "what a pop of up to \(count) takes")
            inside.removeFirst(numbers.count)
            taken += numbers.count
        case .readStatistics: await compareStatistics()
        case .close:
            await queue.close()
            isClosed = true
        }
    }

    private mutating func push() async {
        let number = offered
        offered += 1
        switch await queue.tryPush(source.make(number)) {
        case .accepted: await enter(number..<number + 1)
        case .rejected(let element, _):
            expectEqual(element.number, number, "the element that came back")
            await expectFullStore()
        case .closed(let element):
            expectEqual(element.number, number, "the element that came back")
            expectEqual(isClosed, true, "that it is closed")
        case let result: Fuzzing.fail("\(name), step \(step): a push came to \(result.numbers)")
        }
    }

    private mutating func push(_ count: Int) async {
        let batch = offered..<offered + count
        offered += count
        let result = await queue.tryPush(contentsOf: batch.map(source.make))
        expectEqual(result.dropped, 0, "the number of dropped elements")
        await enter(batch.lowerBound..<batch.lowerBound + result.accepted)
        switch result.ending {
        case .complete: expectEqual(result.accepted, count, "the number of accepted elements")
        case .closed: expectEqual(isClosed, true, "that it is closed")
        default: await expectFullStore()
        }
    }

    private mutating func enter(_ numbers: Range<Int>) async {
        if !numbers.isEmpty { expectEqual(isClosed, false, "that it is closed, and took \(numbers)") }
        inside += numbers
        accepted += numbers.count
    }

    private mutating func pop() async {
        let expected = inside.first
        expectEqual(await queue.tryPop()?.number, expected, "what a pop takes")
        if expected != nil {
            inside.removeFirst()
            taken += 1
        }
    }

    private func expectFullStore() async {
        expectEqual(await queue.statistics().stored, limit, "the number of stored elements when a push is refused")
    }

    private func compareStatistics() async {
        let statistics = await queue.statistics()
        expectEqual(
            [Int(statistics.accepted), Int(statistics.taken)],
            [accepted, taken],
            "what was accepted and taken"
        )
        expectEqual(statistics.depth + statistics.stored, inside.count, "depth and stored elements")
        let isWithin = statistics.depth <= queue.capacity && statistics.stored <= limit
        Fuzzing.expect(isWithin, "\(name), step \(step): \(statistics.depth) inside and \(statistics.stored) stored")
    }

    private func expectEqual<Value: Equatable>(
        _ actual: Value,
        _ expected: Value,
        _ what: @autoclosure () -> String
    ) {
        Fuzzing.expectEqual(actual, expected, "\(name), step \(step): \(what())")
    }
}
