import BoundedQueues

@testable import BackpressureTesting

/// One sequence on one queue, beside its model.
struct QueueFuzzRun<Queue: BoundedQueue<Tracked>> {
    let name: String
    let queue: Queue
    var model: QueueModel
    let source: Tracked.Source
    let log: DropLog
    private var offered = 0
    private var step = 0

    init(name: String, queue: Queue, model: QueueModel, source: Tracked.Source, log: DropLog) {
        self.name = name
        self.queue = queue
        self.model = model
        self.source = source
        self.log = log
    }

    /// Does all steps, then looks at the counts, closes the queue and takes what is left.
    ///
    /// - Parameter drains: `false`: leave it inside, so that the queue must release it. Not with an actor, of which nobody
    ///   knows when its last job lets go of it.
    mutating func follow(_ operations: [FuzzOperation], drains: Bool) async {
        for operation in operations {
            await follow(operation)
            step += 1
        }
        await compareStatistics()
        expectEqual(log.drops, model.drops, "what the drop handler saw")
        guard drains || !(queue is any SynchronousBoundedQueue) else { return }
        await follow(.close)
        while true {
            let next = await queue.tryPop()?.number
            expectEqual(next, model.pop(), "what a pop of the closed queue takes")
            if next == nil { break }
        }
        await compareStatistics()
    }

    private mutating func follow(_ operation: FuzzOperation) async {
        switch operation {
        case .push:
            let number = next(1).lowerBound
            let actual = await queue.tryPush(source.make(number)).numbers.withoutEstimate
            expectEqual(actual, model.push(number), "the result of push \(number)")
        case .pushBatch(let count):
            let batch = next(count)
            let actual = await queue.tryPush(contentsOf: batch.map(source.make))
            expectEqual(actual, model.push(contentsOf: batch), "the result of pushing \(batch)")
        case .pop:
            expectEqual(await queue.tryPop()?.number, model.pop(), "what a pop takes")
        case .popBatch(let count):
            let actual = await queue.tryPop(upTo: count).map(\.number)
            expectEqual(actual, model.pop(upTo: count), "what a pop of up to \(count) takes")
        case .readStatistics: await compareStatistics()
        case .close:
            await queue.close()
            model.close()
        }
    }

    private mutating func next(_ count: Int) -> Range<Int> {
        defer { offered += count }
        return offered..<offered + count
    }

    private func compareStatistics() async {
        let actual = await queue.statistics()
        var expected = model.statistics
        if actual.peakDepth == nil { expected.peakDepth = nil }
        expectEqual(actual, expected, "statistics()")
    }

    private func expectEqual<Value: Equatable>(
        _ actual: Value,
        _ expected: Value,
        _ what: @autoclosure () -> String
    ) {
        Fuzzing.expectEqual(actual, expected, "\(name), step \(step): \(what())")
    }
}

extension PushResult<Tracked> {
    /// The same result with the elements' numbers.
    var numbers: PushResult<Int> {
        switch self {
        case .accepted: .accepted
        case .dropped: .dropped
        case .full(let element): .full(element.number)
        case .rejected(let element, let error): .rejected(element.number, error)
        case .closed(let element): .closed(element.number)
        case .cancelled(let element): .cancelled(element.number)
        case .timedOut(let element): .timedOut(element.number)
        }
    }
}
