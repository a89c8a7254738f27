import BackpressureTesting

/// What was asked of a queue, and what it answered.
enum QueueStep: Sendable, Hashable {
    case push(Int, accepted: Bool)
    case pop(Int?)

    var isRefused: Bool { self == .pop(nil) || isRefusedPush }

    private var isRefusedPush: Bool {
        if case .push(_, accepted: false) = self { return true }
        return false
    }
}

/// Some operations on a bounded queue and their times: is there an order, in keeping with the times, in which an array
/// would have answered the same? By trying all orders: for a handful of operations.
struct ShortHistory {
    let capacity: Int
    var operations: [Timed<QueueStep>]

    /// The queue may also say full or empty while another operation is under way.
    func relaxed() -> ShortHistory {
        let kept = operations.indices.filter { index in
            let operation = operations[index]
            return !operation.value.isRefused
                || !operations.indices.contains { other in
                    other != index && operations[other].called < operation.returned
                        && operation.called < operations[other].returned
                }
        }
        return ShortHistory(capacity: capacity, operations: kept.map { operations[$0] })
    }

    var isLinearizable: Bool {
        var queue: [Int] = []
        var remaining = operations
        return canFinish(&remaining, &queue)
    }

    private func canFinish(_ remaining: inout [Timed<QueueStep>], _ queue: inout [Int]) -> Bool {
        if remaining.isEmpty { return true }
        let firstReturn = remaining.map(\.returned).min() ?? 0
        for index in remaining.indices where remaining[index].called < firstReturn {
            let before = queue
            let operation = remaining.remove(at: index)
            if apply(operation.value, to: &queue), canFinish(&remaining, &queue) { return true }
            queue = before
            remaining.insert(operation, at: index)
        }
        return false
    }

    private func apply(_ step: QueueStep, to queue: inout [Int]) -> Bool {
        switch step {
        case .push(let element, let accepted):
            if accepted { queue.append(element) }
            return accepted ? queue.count <= capacity : queue.count == capacity
        case .pop(nil):
            return queue.isEmpty
        case .pop(let element?):
            return queue.first == element && queue.removeFirst() == element
        }
    }
}
