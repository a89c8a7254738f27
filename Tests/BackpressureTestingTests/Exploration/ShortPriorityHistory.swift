import BackpressureTesting
import BoundedQueues

/// What was asked of a priority queue, and what it answered.
enum PriorityStep: Sendable, Hashable {
    case push(Int, PriorityTier, accepted: Bool)
    case pop(Prioritized<Int>?)
}

/// Some operations on a bounded priority queue that neither sheds nor ages, and their times: is there an order, in keeping
/// with the times, in which four arrays would have answered the same? By trying all orders: for a handful of operations.
///
/// While another operation is under way the queue may also say full or empty, or take a less urgent element.
struct ShortPriorityHistory {
    private struct Operation {
        var step: PriorityStep
        var called: Int
        var returned: Int
        var isAlone: Bool
    }

    private let capacity: Int
    private let operations: [Operation]

    init(capacity: Int, _ steps: [Timed<PriorityStep>]) {
        self.capacity = capacity
        operations = steps.indices.map { index in
            let (called, returned) = (steps[index].called, steps[index].returned)
            let isAlone = !steps.indices.contains { other in
                other != index && steps[other].called < returned && called < steps[other].returned
            }
            return Operation(step: steps[index].value, called: called, returned: returned, isAlone: isAlone)
        }
    }

    var isExplained: Bool {
        var remaining = operations
        var tiers = PerTier<[Int]> { _ in [] }
        return canFinish(&remaining, &tiers)
    }

    private func canFinish(_ remaining: inout [Operation], _ tiers: inout PerTier<[Int]>) -> Bool {
        if remaining.isEmpty { return true }
        let firstReturn = remaining.map(\.returned).min() ?? 0
        for index in remaining.indices where remaining[index].called < firstReturn {
            let before = tiers
            let operation = remaining.remove(at: index)
            if apply(operation, to: &tiers), canFinish(&remaining, &tiers) { return true }
            tiers = before
            remaining.insert(operation, at: index)
        }
        return false
    }

    private func apply(_ operation: Operation, to tiers: inout PerTier<[Int]>) -> Bool {
        let count = PriorityTier.allCases.reduce(0) { $0 + tiers[$1].count }
        switch operation.step {
        case .push(_, _, accepted: false):
            return count == capacity || !operation.isAlone
        case .push(let element, let tier, accepted: true):
            tiers[tier].append(element)
            return count < capacity
        case .pop(nil):
            return count == 0 || !operation.isAlone
        case .pop(let taken?):
            let mostUrgent = PriorityTier.allCases.first { !tiers[$0].isEmpty }
            guard taken.tier == mostUrgent || !operation.isAlone else { return false }
            return tiers[taken.tier].first == taken.element && tiers[taken.tier].removeFirst() == taken.element
        }
    }
}
