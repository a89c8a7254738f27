/// Looks for an order of a few operations that explains what they returned, with every order considered: exact, also for a
/// queue with a bound, but only for few operations.
///
/// Depth first through the orders in which the operations can have taken effect, never through the same state twice.
///
/// - Complexity: exponential in how many operations overlap; some microseconds for ten.
/// - Source: Wing and Gong, "Testing and verifying concurrent objects" (1993), with the memory of states from Lowe,
///   "Testing for linearizability" (2017).
public struct LinearizabilitySearch: Sendable {
    /// What is inside before the first operation.
    public enum Contents: Sendable, Hashable {
        /// These, the oldest first.
        case ordered([UInt64])
        /// So many elements in an unknown order: any of them may come first.
        case unordered(count: Int)

        /// Nothing.
        public static var nothing: Contents { .ordered([]) }

        /// How many.
        public var count: Int {
            switch self {
            case .ordered(let values): values.count
            case .unordered(let count): count
            }
        }
    }

    /// The most operations that can be searched at once.
    public static let operationLimit = 24

    /// The most elements inside; `nil`: no bound, and what was said of being full isn't judged.
    public let capacity: Int?
    /// What the queue promises.
    public let specification: HistorySpecification

    /// A search for queues of this capacity and promise.
    public init(capacity: Int?, specification: HistorySpecification) {
        self.capacity = capacity
        self.specification = specification
    }

    /// Whether some order explains the operations.
    ///
    /// - Parameters:
    ///   - events: operations in any order, those of one thread one after the other; the values pushed are distinct.
    ///   - contents: what is inside before.
    /// - Precondition: no more operations than ``operationLimit``.
    public func isExplained(_ events: [QueueEvent], startingWith contents: Contents = .nothing) -> Bool {
        precondition(events.count <= Self.operationLimit, "too many operations to search")
        return isExplained(judged: judged(events), startingWith: contents)
    }

    /// Without the refusals that the specification excuses.
    func judged(_ events: [QueueEvent]) -> [QueueEvent] {
        events.filter { event in
            if event.kind == .pushSaidFull, capacity == nil { return false }
            guard specification.excusesOverlappingRefusals, event.isRefusal else { return true }
            return !events.contains(where: event.overlaps)
        }
    }

    /// Whether some order explains all of the operations.
    func isExplained(judged events: [QueueEvent], startingWith contents: Contents) -> Bool {
        var search = Search(events, contents, capacity: capacity ?? .max, isOrderTotal: specification != .perProducer)
        return search.run(Search.State())
    }
}

/// One search.
private struct Search {
    struct State: Hashable {
        /// The operations that have taken effect, a bit each.
        var done: UInt32 = 0
        /// What they pushed and didn't take, as numbers of the pushes with 5 bits each, the oldest lowest.
        var order: UInt128 = 0
    }

    private struct Operation {
        var kind: QueueEvent.Kind
        var thread: UInt32
        /// The operations that must take effect before, since they had returned when this one was called.
        var predecessors: UInt32
        /// For a pop: the number of the push of its value; `nil`: it took what was inside before.
        var push: Int?
        /// For a pop of what was inside before: how many were in front of it; `nil`: not known or not inside.
        var rank: Int?
    }

    private let operations: [Operation]
    private let all: UInt32
    private let pushes: UInt32
    private let popsOfPushed: UInt32
    private let popsOfContents: UInt32
    private let contents: LinearizabilitySearch.Contents
    private let capacity: Int
    private let isOrderTotal: Bool
    private var visited: Set<State> = []

    init(
        _ events: [QueueEvent],
        _ contents: LinearizabilitySearch.Contents,
        capacity: Int,
        isOrderTotal: Bool
    ) {
        self.contents = contents
        self.capacity = capacity
        self.isOrderTotal = isOrderTotal
        let operations = events.map { event in
            var operation = Operation(kind: event.kind, thread: event.thread, predecessors: 0)
            for (index, other) in events.enumerated() where other.precedes(event) {
                operation.predecessors |= 1 << index
            }
            if event.kind == .popTook {
                operation.push = events.firstIndex { $0.kind == .pushAccepted && $0.value == event.value }
                if case .ordered(let values) = contents { operation.rank = values.firstIndex(of: event.value) }
            }
            return operation
        }
        func mask(_ condition: (Operation) -> Bool) -> UInt32 {
            operations.indices.reduce(0) { condition(operations[$1]) ? $0 | (1 << $1) : $0 }
        }
        self.operations = operations
        all = mask { _ in true }
        pushes = mask { $0.kind == .pushAccepted }
        popsOfPushed = mask { $0.kind == .popTook && $0.push != nil }
        popsOfContents = mask { $0.kind == .popTook && $0.push == nil }
    }

    mutating func run(_ state: State) -> Bool {
        if state.done == all { return true }
        guard visited.insert(state).inserted else { return false }
        for index in operations.indices where state.done & (1 << index) == 0 {
            guard operations[index].predecessors & ~state.done == 0 else { continue }
            if let next = advance(state, by: index), run(next) { return true }
        }
        return false
    }

    private func advance(_ state: State, by index: Int) -> State? {
        let operation = operations[index]
        let taken = (state.done & popsOfContents).nonzeroBitCount
        let remaining = contents.count - taken
        let pushed = (state.done & pushes).nonzeroBitCount - (state.done & popsOfPushed).nonzeroBitCount
        var next = state
        next.done |= 1 << index
        switch operation.kind {
        case .pushSaidFull:
            return remaining + pushed >= capacity ? next : nil
        case .popSaidEmpty:
            return remaining + pushed == 0 ? next : nil
        case .pushAccepted:
            guard remaining + pushed < capacity else { return nil }
            next.order |= UInt128(index) << (5 * pushed)
            return next
        case .popTook:
            guard let push = operation.push else {
                return canTake(operation, taken: taken, remaining: remaining) ? next : nil
            }
            guard !isOrderTotal || remaining == 0 else { return nil }
            guard let place = place(of: push, in: state.order, count: pushed) else { return nil }
            let below = (UInt128(1) << (5 * place)) - 1
            next.order = (state.order & below) | ((state.order >> 5) & ~below)
            return next
        }
    }

    private func canTake(_ operation: Operation, taken: Int, remaining: Int) -> Bool {
        guard case .ordered = contents else { return remaining > 0 }
        guard let rank = operation.rank else { return false }
        return isOrderTotal ? rank == taken : true
    }

    /// Where what the operation pushed stands, if it may be taken now.
    private func place(of push: Int, in order: UInt128, count: Int) -> Int? {
        for place in 0..<count {
            let other = Int(truncatingIfNeeded: (order >> (5 * place)) & 31)
            if other == push { return place }
            if isOrderTotal || operations[other].thread == operations[push].thread { return nil }
        }
        return nil
    }
}
