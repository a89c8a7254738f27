/// Judges the history of a queue: what it finds is a fault for certain, and shown by a few operations.
///
///     let checker = HistoryChecker(history)
///     if let fault = checker.conservationFault() ?? checker.linearizabilityFault(.strict) { print(fault) }
///
/// For distinct values. The rules for order and for empty (P1–P5) find every history that isn't linearizable for a queue
/// without a bound; those for the bound (B1, B2) miss some, which ``LinearizabilitySearch`` finds in small windows.
///
/// - Complexity: O(n log n) a check; some 200 ns an operation when optimised, 100 bytes an operation.
/// - Source: the patterns of Henzinger, Sezgin and Vafeiadis ("Aspect-oriented linearizability proofs", 2013) and of
///   Bouajjani, Emmi, Enea and Hamza ("On reducing linearizability to state reachability", 2015); the tests compare them with
///   brute force.
public struct HistoryChecker: Sendable {
    /// What is judged.
    public let history: QueueHistory
    /// The accepted values in the order of the history's events.
    let elements: [HistoryElement]
    /// Indices of pops that took what was never pushed.
    let strangers: [Int]
    /// Pairs of indices of pops that took the same value.
    let duplicates: [(first: Int, second: Int)]

    /// Finds out which pop took which push's value. O(n log n).
    ///
    /// - Precondition: the accepted values are distinct.
    public init(_ history: QueueHistory) {
        self.history = history
        let events = history.events
        var elements: [HistoryElement] = []
        elements.reserveCapacity(events.count)
        for index in events.indices where events[index].kind == .pushAccepted {
            elements.append(HistoryElement(push: index, events[index]))
        }
        let byValue = elements.indices.sorted { elements[$0].value < elements[$1].value }
        for (lower, higher) in zip(byValue, byValue.dropFirst()) {
            precondition(elements[lower].value < elements[higher].value, "a value was pushed twice")
        }
        var strangers: [Int] = []
        var duplicates: [(first: Int, second: Int)] = []
        for index in events.indices where events[index].kind == .popTook {
            let value = events[index].value
            let rank = byValue.partitioningCount { elements[$0].value < value }
            guard rank < byValue.count, elements[byValue[rank]].value == value else {
                strangers.append(index)
                continue
            }
            if let first = elements[byValue[rank]].pop {
                duplicates.append((first, index))
            } else {
                elements[byValue[rank]].take(pop: index, events[index])
            }
        }
        self.elements = elements
        self.strangers = strangers
        self.duplicates = duplicates
    }

    /// How much the history can show.
    public func evidence() -> HistoryEvidence { HistoryEvidence(history) }

    /// What was taken was pushed, once each; and if the queue was drained, what was pushed was taken.
    public func conservationFault() -> HistoryFault? {
        if let fault = strangerFault() ?? duplicateFault() { return fault }
        guard history.isDrained, let lost = elements.first(where: { $0.pop == nil }) else { return nil }
        let count = elements.count { $0.pop == nil }
        let others = count == 1 ? "" : "; it is one of \(count)"
        return fault(
            .lost,
            [lost],
            "\(lost.value), which thread \(history.events[lost.push].thread) pushed, was lost: the queue accepted it, "
                + "and was drained without anyone getting it\(others)"
        )
    }

    /// For each producer: no value overtook one that it had pushed before.
    public func producerOrderFault() -> HistoryFault? {
        var latest: HistoryElement?
        for element in elements {
            let thread = history.events[element.push].thread
            guard let earlier = latest, history.events[earlier.push].thread == thread else {
                latest = element
                continue
            }
            if element.popReturn < earlier.popCall {
                return overtaking(.producerOrder, earlier, element, "thread \(thread) pushed \(earlier.value) first")
            }
            if element.popCall > earlier.popCall { latest = element }
        }
        return nil
    }

    /// The history can't be that of a queue with this specification.
    ///
    /// - Returns: the first fault of the rules P1 to P5, B1 and B2 that apply; `nil`: none was found.
    public func linearizabilityFault(_ specification: HistorySpecification) -> HistoryFault? {
        if let fault = strangerFault() ?? duplicateFault() ?? timeFault() { return fault }
        let orderFault = specification == .perProducer ? producerOrderFault() : overtakingFault()
        return orderFault ?? boundFault(specification)
    }

    /// P5, B1 and B2.
    private func boundFault(_ specification: HistorySpecification) -> HistoryFault? {
        var refusals = history.events.indices.filter { history.events[$0].isRefusal }
        if specification.excusesOverlappingRefusals, !refusals.isEmpty {
            let overlaps = history.overlaps()
            refusals.removeAll { overlaps[$0] }
        }
        let circumstance = specification.excusesOverlappingRefusals ? ", and nothing else was in flight" : ""
        return falseEmptyFault(refusals, circumstance)
            ?? overCapacityFault()
            ?? falseFullFault(refusals, circumstance)
    }

    /// The fault that one check finds.
    ///
    /// - Parameter specification: which ``HistoryCheck/linearizability`` is meant.
    public func fault(of check: HistoryCheck, _ specification: HistorySpecification) -> HistoryFault? {
        switch check {
        case .conservation: conservationFault()
        case .producerOrder: producerOrderFault()
        case .linearizability: linearizabilityFault(specification)
        }
    }

    func fault(
        _ rule: HistoryFault.Rule,
        _ elements: [HistoryElement],
        and others: [Int] = [],
        _ explanation: String
    ) -> HistoryFault {
        let indices = elements.flatMap { [$0.push] + ($0.pop.map { [$0] } ?? []) } + others
        return HistoryFault(
            rule,
            indices.map { history.events[$0] },
            ticksPerNanosecond: history.ticksPerNanosecond,
            explanation
        )
    }
}

/// What became of one accepted value.
struct HistoryElement: Sendable {
    let value: UInt64
    /// Index of the push among the events.
    let push: Int
    /// Index of the first pop that took it.
    private(set) var pop: Int?
    let pushCall: UInt64
    let pushReturn: UInt64
    /// As late as can be if it was never taken.
    private(set) var popCall = UInt64.max
    private(set) var popReturn = UInt64.max

    init(push: Int, _ event: QueueEvent) {
        value = event.value
        self.push = push
        pushCall = event.call
        pushReturn = event.returned
    }

    mutating func take(pop index: Int, _ event: QueueEvent) {
        pop = index
        popCall = event.call
        popReturn = event.returned
    }

    /// There are instants at which it was inside for certain: after its push had returned, before its pop was called.
    var isCertainlyInside: Bool { pushReturn < popCall }
}
