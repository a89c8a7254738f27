internal import Backpressure

extension DroppingHistory {
    /// The first fault that is found: an element lost that the policy doesn't give up, a drop that wasn't told or is told
    /// wrongly, or miscounted, and all that is wrong without drops too.
    ///
    /// - Parameter specification: what the queue promises. How full the queue was when sampling began is judged as
    ///   ``HistorySpecification/relaxed`` whatever it promises, since that is a reading.
    public func fault(_ specification: HistorySpecification) -> HistoryFault? {
        let checker = HistoryChecker(history)
        return returnFault() ?? tellingFault() ?? countFault()
            ?? checker.conservationFault() ?? checker.producerOrderFault()
            ?? checker.linearizabilityFault(specification)
            ?? evictionFault(specification) ?? samplingFault()
    }

    private func fault(_ rule: HistoryFault.Rule, _ events: [QueueEvent], _ words: String) -> HistoryFault {
        HistoryFault(rule, events, ticksPerNanosecond: history.ticksPerNanosecond, words)
    }

    private func events(of value: UInt64) -> [QueueEvent] {
        (history.events + sampledOut).filter { $0.value == value && $0.kind != .popSaidEmpty }
    }

    /// The policy drops: nobody gets an element back.
    private func returnFault() -> HistoryFault? {
        guard let value = returned.first else { return nil }
        return fault(
            .returnedInsteadOfDropped,
            events(of: value),
            "\(value) came back to the thread that offered it, although the policy is \(policy.policy)"
        )
    }

    /// Whoever is refused is told of, once, with the reason; and nobody else.
    private func tellingFault() -> HistoryFault? {
        if strangerCount > 0 {
            let words = "the drop handler was told \(strangerCount) times of what nobody had offered"
            return fault(.toldWrongly, [], words)
        }
        if let drop = drops.first(where: { $0.times > 1 }) {
            let words = "the drop handler was told of \(drop.value) \(drop.times) times"
            return fault(.toldWrongly, events(of: drop.value), words)
        }
        if let drop = drops.first(where: { !policy.reasons.contains($0.reason) }) {
            let words = "\(drop.value) was given up as '\(drop.reason)', although the policy is \(policy.policy)"
            return fault(.toldWrongly, events(of: drop.value), words)
        }
        if let drop = evictionsOutsidePushes.first {
            let words = "the drop handler was told of \(drop.value) while no push of the same thread went on"
            return fault(.toldWrongly, events(of: drop.value), words)
        }
        let refused = history.events.filter { $0.kind == .pushSaidFull } + sampledOut
        let told = Set(drops.filter { $0.reason != .evicted }.map(\.value))
        if let event = refused.first(where: { !told.contains($0.value) }) {
            let words = "\(event.value) was dropped and the drop handler wasn't told"
            return fault(.droppedInSilence, [event], words)
        }
        let refusedValues = Set(refused.map(\.value))
        if let value = told.subtracting(refusedValues).min() {
            let words = "the drop handler was told of \(value), which the queue had accepted"
            return fault(.toldWrongly, events(of: value), words)
        }
        return nil
    }

    /// The statistics at rest count what was told.
    private func countFault() -> HistoryFault? {
        func told(_ reasons: DropReason...) -> Int { drops.count { reasons.contains($0.reason) } }
        let counts = [
            ("dropped", Int(statistics.dropped), told(.full, .sampledOut)),
            ("sampled out", Int(statistics.sampledOut), told(.sampledOut)),
            ("evicted", Int(statistics.evicted), told(.evicted)),
        ]
        guard let (name, counted, actual) = counts.first(where: { $0.1 != $0.2 }) else { return nil }
        return fault(.miscounted, [], "the statistics say that \(counted) elements were \(name), and \(actual) were")
    }

    /// No push evicts two, and none evicts while there is room.
    private func evictionFault(_ specification: HistorySpecification) -> HistoryFault? {
        guard let capacity = history.capacity, !evictions.isEmpty else { return nil }
        let ordered = evictions.sorted { ($0.thread, $0.call) < ($1.thread, $1.call) }
        if let pair = zip(ordered, ordered.dropFirst()).first(where: {
            $0.thread == $1.thread && $0.call == $1.call
        }) {
            let words = "one push of thread \(pair.0.thread) evicted \(pair.0.value) and \(pair.1.value)"
            return fault(.evictedTwo, events(of: pair.0.value) + events(of: pair.1.value), words)
        }
        // The push that evicts may count as inside all the time, so that there must have been room for one more.
        let full = self.fullness(evictions, capacity + 1, excusing: specification.excusesOverlappingRefusals)
        return full.map {
            let words =
                "an element was evicted although there was room: the capacity is \(capacity), and fewer can have been inside"
            return fault(.evictedWithRoom, $0.events, words)
        }
    }

    /// One in so many enters, and all do as long as the queue is emptier than where sampling begins.
    private func samplingFault() -> HistoryFault? {
        guard case .sample(let interval, let low) = policy, let capacity = history.capacity else { return nil }
        let entered = history.events.count { $0.kind == .pushAccepted }
        let full = history.events.count { $0.kind == .pushSaidFull }
        let out = sampledOut.count
        // The first of every n is let in, or finds the queue full.
        let most = (interval - 1) * (entered + full)
        let least = max(0, (interval - 1) * (entered + full - 1))
        if out > most || low == 0 && out < least {
            let words = "one in \(interval) is to enter, and of \(entered + full + out) offers \(out) were sampled out"
            return fault(.sampledWrongly, [], words)
        }
        let depth = Int((low * Double(capacity)).rounded(.up))
        guard depth > 0, let fault = self.fullness(sampledOut, depth, excusing: true) else { return nil }
        let words = "an element was sampled out although there can't have been \(depth) inside, where sampling begins"
        return self.fault(.sampledWrongly, fault.events, words)
    }

    /// Rule B2 for these events: at no instant of one of them can so many elements have been inside.
    private func fullness(_ events: [QueueEvent], _ count: Int, excusing excuses: Bool) -> HistoryFault? {
        if events.isEmpty { return nil }
        let others = history.events.filter { $0.kind != .pushSaidFull }
        let judged = QueueHistory(
            events: others + events,
            capacity: count,
            isDrained: history.isDrained,
            ticksPerNanosecond: history.ticksPerNanosecond
        )
        var refusals = judged.events.indices.filter { judged.events[$0].kind == .pushSaidFull }
        if excuses {
            let overlaps = judged.overlaps()
            refusals.removeAll { overlaps[$0] }
        }
        return HistoryChecker(judged).falseFullFault(refusals, "")
    }
}
