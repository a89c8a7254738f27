import BoundedQueues

@testable import BackpressureTesting

/// Sequences of operations on every priority queue, compared step by step with ``PriorityModel``.
///
/// The first three bytes choose capacity, overload table and ageing limit, each of the others is a ``FuzzOperation``.
enum PriorityQueueFuzzer {
    @Sendable
    static func run(_ input: [UInt8]) {
        var bytes = InputBytes(input)
        let capacity = 1 + bytes.next() % 16
        let setting = PrioritySetting(
            capacity: capacity,
            overload: bytes.pick([
                .never, OverloadTable(), OverloadTable(action: .drop),
                OverloadTable(low: 0.25, normal: 0.5, high: 0.75, action: .refuse),
                OverloadTable(low: 0.25, normal: 0.5, high: 0.75, action: .drop),
            ]),
            ageingLimit: bytes.pick([4, 5, 8, 64, .max])
        )
        let operations = FuzzOperation.sequence(&bytes, capacity: capacity)
        runBlocking {
            await check("MutexPriorityQueue", setting, operations) {
                MutexPriorityQueue(capacity: $0, overload: $1, ageingLimit: $2, onDrop: $3)
            }
            await check("ActorPriorityQueue", setting, operations) {
                ActorPriorityQueue(capacity: $0, overload: $1, ageingLimit: $2, onDrop: $3)
            }
            await check("RingPriorityQueue", setting, operations) {
                RingPriorityQueue(capacity: $0, overload: $1, ageingLimit: $2, onDrop: $3)
            }
        }
    }

    private static func check<Queue: BoundedPriorityQueue<Tracked>>(
        _ name: String,
        _ setting: PrioritySetting,
        _ operations: [FuzzOperation],
        _ make: (Int, OverloadTable, Int, @escaping PriorityDropHandler<Tracked>) -> Queue
    ) async {
        let source = Tracked.Source()
        let log = PriorityDropLog()
        do {
            let queue = make(setting.capacity, setting.overload, setting.ageingLimit) {
                log.handler(Prioritized($0.element.number, $0.tier), $1)
            }
            var run = PriorityFuzzRun(name: "\(name), \(setting)", queue: queue, setting, source, log)
            await run.follow(operations)
        }
        Fuzzing.expectEqual(source.livingCount, 0, "\(name): the number of elements that are never released")
    }
}

struct PrioritySetting: Sendable {
    let capacity: Int
    let overload: OverloadTable
    let ageingLimit: Int
}

/// One sequence on one priority queue, beside its model.
private struct PriorityFuzzRun<Queue: BoundedPriorityQueue<Tracked>> {
    private let name: String
    private let queue: Queue
    private var model: PriorityModel
    private let source: Tracked.Source
    private let log: PriorityDropLog
    private var offered = 0
    private var step = 0

    init(name: String, queue: Queue, _ setting: PrioritySetting, _ source: Tracked.Source, _ log: PriorityDropLog) {
        self.name = name
        self.queue = queue
        model = PriorityModel(
            capacity: setting.capacity,
            overload: setting.overload,
            ageingLimit: setting.ageingLimit
        )
        self.source = source
        self.log = log
    }

    /// Does all steps, then looks at the counts, closes the queue and takes what is left.
    mutating func follow(_ operations: [FuzzOperation]) async {
        for operation in operations {
            switch operation {
            case .push(let tier): await push(PriorityTier.allCases[tier])
            // There are no batches here, so one after the other.
            case .pushBatch(let count): for index in 0..<count { await push(PriorityTier.allCases[index % 4]) }
            case .pop: await pop()
            case .popBatch(let count): for _ in 0..<count { await pop() }
            case .readStatistics: await compareStatistics()
            case .close: await close()
            }
            step += 1
        }
        await compareStatistics()
        await close()
        for _ in 0...model.depth { await pop() }
        Fuzzing.expectEqual(log.drops, model.drops, "\(name): what the drop handler saw")
        await compareStatistics()
    }

    private mutating func push(_ tier: PriorityTier) async {
        let actual = await queue.tryPush(source.make(offered), priority: tier).numbers.withoutEstimate
        let expected = model.push(offered, tier)
        Fuzzing.expectEqual(actual, expected, "\(name), step \(step): the result of push \(offered), \(tier),")
        offered += 1
    }

    private mutating func pop() async {
        let taken = await queue.tryPop().map { Prioritized($0.element.number, $0.tier) }
        if let complaint = model.pop(taken) { Fuzzing.fail("\(name), step \(step): \(complaint)") }
    }

    private mutating func close() async {
        await queue.close()
        model.close()
    }

    private func compareStatistics() async {
        let actual = await queue.statistics()
        var expected = model.statistics
        if actual.peakDepth == nil { expected.peakDepth = nil }
        Fuzzing.expectEqual(actual, expected, "\(name), step \(step): statistics()")
    }
}
