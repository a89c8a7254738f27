extension LinearizabilitySearch {
    /// What a search through the windows of a long history came to.
    public struct WindowResult: Sendable {
        /// Windows that were searched.
        public internal(set) var windows = 0
        /// Operations in them.
        public internal(set) var operations = 0
        /// Operations between two instants of rest that are more than fit in a window, and weren't searched.
        public internal(set) var operationsSkipped = 0
        /// The first window that nothing explains, made as small as possible.
        public internal(set) var fault: HistoryFault?
    }

    /// Searches windows of a long history, to find what ``HistoryChecker`` misses of the bound.
    ///
    /// The history is cut wherever no operation is in flight; as many pieces that follow one another as fit make a window.
    /// A piece that doesn't fit is skipped. How many elements are inside at a cut is certain, and carried over; their order
    /// isn't (operations before the cut may have overlapped), so each may be the first to be taken: order between windows is
    /// what the checker's exact rules are for.
    ///
    /// - Parameters:
    ///   - history: in which the checker has found no fault of order; its capacity is ignored in favour of ``capacity``.
    ///   - size: operations in a window; at most ``operationLimit``.
    ///   - limit: how many windows to search at most.
    public func searchWindows(
        of history: QueueHistory,
        operationsPerWindow size: Int = 16,
        limit: Int = .max
    ) -> WindowResult {
        precondition(size > 0 && size <= Self.operationLimit, "a window has 1 to \(Self.operationLimit) operations")
        let events = history.events.sorted { ($0.call, $0.returned) < ($1.call, $1.returned) }
        var result = WindowResult()
        var window: [ArraySlice<QueueEvent>] = []
        var inside = 0
        var insideAtStart = 0
        func finishWindow() {
            let operations = window.reduce(0) { $0 + $1.count }
            if operations > 0, result.fault == nil, result.windows < limit {
                result.windows += 1
                result.operations += operations
                if !isExplained(window.flatMap { $0 }, startingWith: .unordered(count: insideAtStart)) {
                    result.fault = fault(in: window, inside: insideAtStart, history.ticksPerNanosecond)
                }
            }
            window = []
            insideAtStart = inside
        }
        for piece in Self.pieces(of: events) {
            if window.reduce(piece.count, { $0 + $1.count }) > size { finishWindow() }
            if result.fault != nil || result.windows >= limit { break }
            inside = max(0, inside + Self.growth(piece))
            if piece.count > size {
                result.operationsSkipped += piece.count
                insideAtStart = inside
            } else {
                window.append(piece)
            }
        }
        finishWindow()
        return result
    }

    /// Cuts where everything before has returned before anything after is called.
    private static func pieces(of events: [QueueEvent]) -> [ArraySlice<QueueEvent>] {
        var pieces: [ArraySlice<QueueEvent>] = []
        var start = 0
        var latestReturn: UInt64 = 0
        for (index, event) in events.enumerated() {
            if index > start, event.call > latestReturn {
                pieces.append(events[start..<index])
                start = index
            }
            latestReturn = max(latestReturn, event.returned)
        }
        if start < events.count { pieces.append(events[start...]) }
        return pieces
    }

    private static func growth(_ piece: ArraySlice<QueueEvent>) -> Int {
        piece.reduce(0) { sum, event in
            switch event.kind {
            case .pushAccepted: sum + 1
            case .popTook: sum - 1
            default: sum
            }
        }
    }

    /// The fewest pieces in a row that nothing explains, less all operations without which nothing explains the others.
    private func fault(in window: [ArraySlice<QueueEvent>], inside: Int, _ ticksPerNanosecond: Double) -> HistoryFault {
        for length in 1...window.count {
            for first in 0...(window.count - length) {
                let inside = window[..<first].reduce(inside) { max(0, $0 + Self.growth($1)) }
                let events = window[first..<(first + length)].flatMap { $0 }
                if isExplained(events, startingWith: .unordered(count: inside)) { continue }
                return fault(shrinking: judged(events), inside: inside, ticksPerNanosecond)
            }
        }
        return fault(shrinking: judged(window.flatMap { $0 }), inside: inside, ticksPerNanosecond)
    }

    /// Leaves out what isn't needed. What remains is a proof: from an order that explains all the operations one would get an
    /// order for fewer by leaving out the same, as long as only these are left out:
    /// - a refusal;
    /// - once no push is left that was told full, all that happens to one value: with fewer elements inside there is room for
    ///   the others sooner, they come out no later, and empty stays empty.
    ///
    /// - Parameter events: of which the excused refusals were left out already, so that nothing else must stay to excuse them.
    private func fault(shrinking events: [QueueEvent], inside: Int, _ ticksPerNanosecond: Double) -> HistoryFault {
        var index = 0
        while index < events.count {
            var fewer = events
            let event = fewer.remove(at: index)
            let isRemovable: Bool
            var start = inside
            if event.isRefusal {
                isRemovable = true
            } else {
                isRemovable = !events.contains { $0.kind == .pushSaidFull }
                let isPushedHere = events.contains { $0.kind == .pushAccepted && $0.value == event.value }
                fewer.removeAll { !$0.isRefusal && $0.value == event.value }
                if !isPushedHere { start -= 1 }
            }
            if isRemovable, start >= 0, !isExplained(judged: fewer, startingWith: .unordered(count: start)) {
                return fault(shrinking: fewer, inside: start, ticksPerNanosecond)
            }
            index += 1
        }
        let bound = capacity.map { "of capacity \($0) " } ?? ""
        return HistoryFault(
            .notLinearizable,
            events,
            ticksPerNanosecond: ticksPerNanosecond,
            "no order of these \(events.count) operations, in which each takes effect between its call and its return, "
                + "explains their results for a queue \(bound)that holds \(inside) element\(inside == 1 ? "" : "s") before"
        )
    }
}
