import BackpressureTesting
import ConcurrencySupport

@testable import BoundedQueues

/// The queue with the protocol's own implementations of deadlines and batches, which are made of the other operations.
private struct PlainQueue: BoundedQueue {
    let base: FaultyQueue
    var capacity: Int { base.capacity }
    var policy: OverflowPolicy { base.policy }

    func push(_ element: Int) async -> PushResult<Int> { await base.push(element) }
    func pop() async -> Int? { await base.pop() }
    func tryPush(_ element: Int) async -> PushResult<Int> { await base.tryPush(element) }
    func tryPop() async -> Int? { await base.tryPop() }
    func close() { base.close() }
    func statistics() -> QueueStatistics { base.statistics() }
}

extension FaultyQueue {
    private var plain: PlainQueue { PlainQueue(base: self) }

    // MARK: Deadlines

    func push<C: Clock>(_ element: Int, until deadline: C.Instant, clock: C) async -> PushResult<Int>
    where C.Duration == Duration {
        switch defect {
        case .pastDeadlineWaits where clock.now >= deadline:
            return await push(element)
        case .latePushStaysInLine where clock.now < deadline:
            let push = Task { await self.push(element) }
            return await firstResult(of: push, until: deadline, clock) ?? .timedOut(element)
        case .lateTaskSwallowsWakeUp where clock.now < deadline:
            while true {
                if let result = state.withLock({ decide(element, &$0) }) { return result }
                let timer = Task { try await clock.sleep(until: deadline, tolerance: nil) }
                defer { timer.cancel() }
                if let result = await waitForRoom(element) { return result }
                if clock.now >= deadline { return .timedOut(element) }
            }
        default:
            return await plain.push(element, until: deadline, clock: clock)
        }
    }

    func pop<C: Clock>(until deadline: C.Instant, clock: C) async -> PopResult<Int> where C.Duration == Duration {
        if defect == .latePopStaysInLine, clock.now < deadline {
            let pop = Task { await self.pop() }
            let result = await firstResult(of: pop, until: deadline, clock)
            return result.map { $0.map(PopResult.element) ?? .finished } ?? .timedOut
        }
        return await plain.pop(until: deadline, clock: clock)
    }

    /// What the task returns, or `nil` if the deadline comes first: the task goes on then.
    private func firstResult<C: Clock, Value: Sendable>(
        of task: Task<Value, Never>,
        until deadline: C.Instant,
        _ clock: C
    ) async -> Value? where C.Duration == Duration {
        leftInLine.withLock { $0.append(task) }
        return await withCheckedContinuation { waiting in
            let first = FirstResult(waiting)
            let timer = Task { if (try? await clock.sleep(until: deadline, tolerance: nil)) != nil { first.set(nil) } }
            Task {
                first.set(await task.value)
                timer.cancel()
            }
        }
    }

    // MARK: Batches

    func tryPush<Batch: Collection<Int> & Sendable>(contentsOf batch: Batch) async -> BatchPushResult {
        switch defect {
        case .batchSkipsRefused:
            var result = BatchPushResult(accepted: 0, ending: .complete)
            for element in batch {
                switch await tryPush(element) {
                case .accepted: result.accepted += 1
                case .dropped: result.dropped += 1
                case .closed: result.ending = .closed
                default: result.ending = .full
                }
            }
            return result
        case .batchForgetsRefusal:
            let result = await plain.tryPush(contentsOf: batch)
            if result.ending != .complete { state.withLock { $0.statistics.refused -= 1 } }
            return result
        default:
            return await plain.tryPush(contentsOf: batch)
        }
    }

    func push<Batch: Collection<Int> & Sendable>(contentsOf batch: Batch) async -> BatchPushResult {
        switch defect {
        case .batchNeverWaits:
            return await tryPush(contentsOf: batch)
        case .interruptedBatchCountsOneMore:
            var result = await plain.push(contentsOf: batch)
            if result.ending == .cancelled { result.accepted += 1 }
            return result
        default:
            return await plain.push(contentsOf: batch)
        }
    }

    func tryPop(upTo count: Int) async -> [Int] {
        switch defect {
        case .batchTakesOneTooMany:
            return await plain.tryPop(upTo: count + 1)
        case .batchComesReversed:
            return await plain.tryPop(upTo: count).reversed()
        case .batchReadsThenRemoves:
            let elements = state.withLock { Array($0.elements.prefix(count)) }
            await Task.yield()
            for _ in elements { _ = state.withLock { take(&$0) } }
            return elements
        default:
            return await plain.tryPop(upTo: count)
        }
    }

    func pop(upTo count: Int) async -> [Int] {
        guard let first = await pop() else { return [] }
        return count > 1 ? [first] + (await tryPop(upTo: count - 1)) : [first]
    }

    func pop(upTo count: Int, into elements: inout [Int]) async -> Int {
        let taken = await pop(upTo: count)
        if defect == .appendedBatchReplaces { elements = taken } else { elements += taken }
        return defect == .appendedBatchCountsAll ? elements.count : taken.count
    }
}

/// What stays in a line for ever, where a leak detector finds it.
private let leftInLine = Lock<[any Sendable]>([])

/// Resumes once.
private final class FirstResult<Value: Sendable>: Sendable {
    private let continuation: Lock<CheckedContinuation<Value?, Never>?>

    init(_ continuation: CheckedContinuation<Value?, Never>) {
        self.continuation = Lock(continuation)
    }

    func set(_ value: Value?) {
        continuation.withLock { $0.take() }?.resume(returning: value)
    }
}
