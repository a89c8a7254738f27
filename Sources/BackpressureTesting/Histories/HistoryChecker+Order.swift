/// Rules that need no capacity: who took what, and in which order.
extension HistoryChecker {
    /// P1.
    func strangerFault() -> HistoryFault? {
        guard let index = strangers.first else { return nil }
        let event = history.events[index]
        let explanation = "thread \(event.thread) popped \(event.value), which nobody had pushed"
        return fault(.neverPushed, [], and: [index], explanation)
    }

    /// P2.
    func duplicateFault() -> HistoryFault? {
        guard let (first, second) = duplicates.first else { return nil }
        let events = history.events
        let (one, other) = (events[first].thread, events[second].thread)
        let takers = one == other ? "twice by thread \(one)" : "by thread \(one) and again by thread \(other)"
        return fault(
            .takenTwice,
            elements.filter { $0.pop == first },
            and: [second],
            "\(events[first].value) was popped \(takers)"
        )
    }

    /// P3.
    func timeFault() -> HistoryFault? {
        guard let element = elements.first(where: { $0.popReturn < $0.pushCall }) else { return nil }
        return fault(
            .takenBeforePushed,
            [element],
            "\(element.value) had been popped before thread \(history.events[element.push].thread) began to push it"
        )
    }

    /// P4: by time, a value must not be out before one was asked for that was in before it was offered.
    func overtakingFault() -> HistoryFault? {
        let byReturn = elements.indices.sorted { elements[$0].pushReturn < elements[$1].pushReturn }
        let byCall = elements.indices.sorted { elements[$0].pushCall < elements[$1].pushCall }
        var next = 0
        // Of all that was in before the present one was offered: the one that was asked for last.
        var latest: Int?
        for index in byCall {
            let element = elements[index]
            while next < byReturn.count, elements[byReturn[next]].pushReturn < element.pushCall {
                if latest.map({ elements[$0].popCall < elements[byReturn[next]].popCall }) ?? true {
                    latest = byReturn[next]
                }
                next += 1
            }
            if let latest, element.popReturn < elements[latest].popCall {
                let earlier = elements[latest]
                let reason = "\(earlier.value) was in before \(element.value) was offered"
                return overtaking(.overtaken, earlier, element, reason)
            }
        }
        return nil
    }

    func overtaking(
        _ rule: HistoryFault.Rule,
        _ earlier: HistoryElement,
        _ later: HistoryElement,
        _ reason: String
    ) -> HistoryFault {
        let taker = later.pop.map { "thread \(history.events[$0].thread)" } ?? "nobody"
        let ending =
            earlier.pop.map { "before thread \(history.events[$0].thread), which got \(earlier.value), had asked" }
            ?? "and nobody ever got \(earlier.value)"
        return fault(rule, [earlier, later], "\(reason), yet \(taker) had popped \(later.value) \(ending)")
    }
}
