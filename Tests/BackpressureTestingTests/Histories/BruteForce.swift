import BackpressureTesting

/// What a history means, written as plainly as can be: every order of the operations is tried on an array.
enum BruteForce {
    /// Some order that keeps to who was done before whom explains all results.
    static func explains(_ events: [QueueEvent], capacity: Int?, specification: HistorySpecification) -> Bool {
        var judged = events
        if specification != .strict {
            judged.removeAll { event in
                event.isRefusal
                    && events.contains {
                        $0.thread != event.thread && $0.call <= event.returned && event.call <= $0.returned
                    }
            }
        }
        if capacity == nil { judged.removeAll { $0.kind == .pushSaidFull } }
        var content: [QueueEvent] = []
        return continues(&judged, &content, capacity ?? .max, perProducer: specification == .perProducer)
    }

    private static func continues(
        _ remaining: inout [QueueEvent],
        _ content: inout [QueueEvent],
        _ capacity: Int,
        perProducer: Bool
    ) -> Bool {
        if remaining.isEmpty { return true }
        for index in 0..<remaining.count {
            let event = remaining[index]
            if remaining.contains(where: { $0.returned < event.call }) { continue }
            var next = content
            switch event.kind {
            case .pushAccepted:
                if content.count >= capacity { continue }
                next.append(event)
            case .pushSaidFull:
                if content.count < capacity { continue }
            case .popSaidEmpty:
                if !content.isEmpty { continue }
            case .popTook:
                guard let place = content.firstIndex(where: { $0.value == event.value }) else { continue }
                if content[..<place].contains(where: { !perProducer || $0.thread == content[place].thread }) {
                    continue
                }
                next.remove(at: place)
            }
            remaining.remove(at: index)
            let isExplained = continues(&remaining, &next, capacity, perProducer: perProducer)
            remaining.insert(event, at: index)
            if isExplained { return true }
        }
        return false
    }
}
