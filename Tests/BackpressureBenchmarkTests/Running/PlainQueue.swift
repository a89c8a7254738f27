import Foundation
import Synchronization
import Testing

@testable import BackpressureBenchmark
@testable import BoundedQueues

/// A queue as simple as one in which threads can park can be, with one defect if wanted: an array and a condition.
final class PlainQueue: BlockingBoundedQueue, @unchecked Sendable {  // all that varies is touched under the condition
    enum Defect: CaseIterable {
        /// Every tenth element is accepted and forgotten.
        case losesElements
        /// Every tenth element goes in twice.
        case duplicatesElements
        /// Of each batch that it takes, the last element is forgotten.
        case losesLastOfBatch
        /// It says of each batch that it took one element fewer than it did.
        case countsTooFew
        /// It says of each batch that it was dealt with, whatever it took of it.
        case callsAllComplete
        /// The batch that it gives has one element less than it took out.
        case givesTooFew
    }

    let capacity: Int
    let policy = OverflowPolicy.block
    private let defect: Defect?
    private let condition = NSCondition()
    private var elements: [UInt64] = []
    private var isClosed = false
    private var accepted: UInt64 = 0
    private var taken: UInt64 = 0

    init(capacity: Int, defect: Defect? = nil) {
        self.capacity = capacity
        self.defect = defect
    }

    static func implementation(_ defect: Defect? = nil) -> QueueImplementation {
        QueueImplementation(
            id: "plain",
            family: .other,
            summary: "an array and a condition",
            policies: [.block],
            words: { QueueInstance(PlainQueue(capacity: $0.capacity, defect: defect)) },
            payloads: nil
        )
    }

    private func offer(_ element: UInt64) -> PushResult<UInt64> {
        if isClosed { return .closed(element) }
        guard elements.count < capacity else { return .full(element) }
        accepted += 1
        let copies =
            switch (defect, accepted % 10) {
            case (.losesElements, 0): 0
            case (.duplicatesElements, 0): 2
            default: 1
            }
        for _ in 0..<copies { elements.append(element) }
        condition.broadcast()
        return .accepted
    }

    private func take() -> UInt64? {
        guard !elements.isEmpty else { return nil }
        taken += 1
        condition.broadcast()
        return elements.removeFirst()
    }

    func tryPush(_ element: UInt64) -> PushResult<UInt64> { condition.withLock { offer(element) } }

    func tryPop() -> UInt64? { condition.withLock { take() } }

    func tryPush<Batch: Collection<UInt64> & Sendable>(contentsOf batch: Batch) -> BatchPushResult {
        offer(contentsOf: batch)
    }

    private func offer(contentsOf batch: some Collection<UInt64>) -> BatchPushResult {
        condition.withLock {
            var result = BatchPushResult(accepted: 0, ending: .complete)
            for element in batch {
                guard result.count(offer(element)) else { break }
            }
            switch defect {
            case .losesLastOfBatch where result.accepted == batch.count: _ = elements.popLast()
            case .countsTooFew where result.accepted > 0: result.accepted -= 1
            case .callsAllComplete: result.ending = .complete
            default: break
            }
            return result
        }
    }

    func tryPop(upTo count: Int, into batch: inout [UInt64]) -> Int {
        condition.withLock {
            var taken = 0
            while taken < count, let element = take() {
                taken += 1
                if defect != .givesTooFew || taken < count { batch.append(element) }
            }
            return taken
        }
    }

    func pushBlocking(_ element: UInt64, timeout: Duration?) -> PushResult<UInt64> {
        condition.withLock {
            while true {
                let result = offer(element)
                guard case .full = result else { return result }
                condition.wait()
            }
        }
    }

    func popBlocking(timeout: Duration?) -> PopResult<UInt64> {
        condition.withLock {
            while true {
                if let element = take() { return .element(element) }
                if isClosed { return .finished }
                condition.wait()
            }
        }
    }

    func push(_ element: UInt64) async -> PushResult<UInt64> {
        while true {
            let result = tryPush(element)
            guard case .full = result else { return result }
            await Task.yield()
        }
    }

    func push<Batch: Collection<UInt64> & Sendable>(contentsOf batch: Batch) async -> BatchPushResult {
        var result = BatchPushResult(accepted: 0, ending: .complete)
        var rest = Array(batch)[...]
        while true {
            let part = offer(contentsOf: rest)
            result.accepted += part.accepted
            result.ending = part.ending
            guard part.ending == .full else { return result }
            rest = rest.dropFirst(part.consumed)
            await Task.yield()
        }
    }

    func pop() async -> UInt64? {
        while true {
            let isFinished = condition.withLock { isClosed }
            if let element = tryPop() { return element }
            if isFinished { return nil }
            await Task.yield()
        }
    }

    func close() {
        condition.withLock {
            isClosed = true
            condition.broadcast()
        }
    }

    func statistics() -> QueueStatistics {
        condition.withLock {
            QueueStatistics(
                accepted: accepted,
                refused: 0,
                taken: taken,
                dropped: 0,
                evicted: 0,
                depth: elements.count,
                peakDepth: nil,
                capacity: capacity
            )
        }
    }
}
