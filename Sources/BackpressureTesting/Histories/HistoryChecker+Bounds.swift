/// Rules about how many elements can have been inside.
extension HistoryChecker {
    /// P5: what was certainly inside, one element or the next, covers all of a pop that was told that there is nothing.
    func falseEmptyFault(_ refusals: [Int], _ circumstance: String) -> HistoryFault? {
        let empties = refusals.filter { history.events[$0].kind == .popSaidEmpty }
        if empties.isEmpty { return nil }
        let inside = elements.filter(\.isCertainlyInside).sorted { $0.pushReturn < $1.pushReturn }
        // Stretches of time in which something was inside at every instant. Where one element may have left as the next
        // came, at equal stamps, there may have been nothing between.
        var starts: [UInt64] = []
        var ends: [UInt64] = []
        for element in inside {
            if let end = ends.last, element.pushReturn < end {
                ends[ends.count - 1] = max(end, element.popCall)
            } else {
                starts.append(element.pushReturn)
                ends.append(element.popCall)
            }
        }
        for index in empties {
            let event = history.events[index]
            let stretch = starts.count(below: event.call) - 1
            guard stretch >= 0, event.returned < ends[stretch] else { continue }
            let chain = chain(of: inside, covering: event)
            let names = list(chain.map(\.value), joined: ", then ")
            return fault(
                .falseEmpty,
                chain,
                and: [index],
                "thread \(event.thread) was told that the queue is empty, although \(names) "
                    + "\(chain.count == 1 ? "was" : "were") inside all that time\(circumstance)"
            )
        }
        return nil
    }

    /// The fewest elements that follow one another without a gap from before the event to after it.
    private func chain(of inside: [HistoryElement], covering event: QueueEvent) -> [HistoryElement] {
        var chain: [HistoryElement] = []
        var next = 0
        var reached = event.call
        while reached <= event.returned {
            // Of those that were in by then, the one that stayed longest.
            var longest: HistoryElement?
            while next < inside.count, inside[next].pushReturn < reached {
                if inside[next].popCall > longest?.popCall ?? reached { longest = inside[next] }
                next += 1
            }
            guard let longest else { break }
            chain.append(longest)
            reached = longest.popCall
        }
        return chain
    }

    /// B1: more elements than the capacity were in and not yet asked for.
    func overCapacityFault() -> HistoryFault? {
        guard let capacity = history.capacity else { return nil }
        let inside = elements.filter(\.isCertainlyInside).sorted { $0.pushReturn < $1.pushReturn }
        let ends = inside.map(\.popCall).sorted()
        var left = 0
        for (entered, element) in inside.enumerated() {
            // Whoever leaves at the very stamp at which another is in may have left before.
            while ends[left] <= element.pushReturn { left += 1 }
            if entered + 1 - left > capacity {
                let present = inside[...entered].filter { $0.popCall > element.pushReturn }
                return fault(
                    .overCapacity,
                    present,
                    "\(present.count) elements were inside at once, although the capacity is \(capacity)"
                )
            }
        }
        return nil
    }

    /// B2: at no instant of a push that was told that there is no room can so many elements have been inside.
    func falseFullFault(_ refusals: [Int], _ circumstance: String) -> HistoryFault? {
        guard let capacity = history.capacity else { return nil }
        let fulls = refusals.filter { history.events[$0].kind == .pushSaidFull }
        if fulls.isEmpty { return nil }
        let profile = OccupancyProfile(elements)
        let ordered = fulls.sorted { history.events[$0].returned < history.events[$1].returned }
        let peaks = profile.peaks(of: ordered.map { (history.events[$0].call, history.events[$0].returned) })
        for (index, peak) in zip(ordered, peaks) where peak < capacity {
            let event = history.events[index]
            let possible = elements.filter { $0.pushCall <= event.returned && $0.popReturn >= event.call }
            let most = peak == 0 ? "nothing" : "never more than \(peak) element\(peak == 1 ? "" : "s")"
            return fault(
                .falseFull,
                possible,
                and: [index],
                "thread \(event.thread) was told that the queue is full, although its capacity is \(capacity) and "
                    + "\(most) can have been inside meanwhile\(circumstance)"
            )
        }
        return nil
    }

    private func list(_ values: [UInt64], joined separator: String) -> String {
        let names = values.prefix(6).map { "\($0)" }.joined(separator: separator)
        return values.count > 6 ? "\(names) and \(values.count - 6) more" : names
    }
}

/// How many elements may have been inside, over time: each from the call of its push to the return of its pop.
private struct OccupancyProfile {
    /// Instants at which the number changes, ascending.
    private var instants: [UInt64] = []
    /// At position 2i the number at instant i, where those that come are there and those that go not yet gone; at 2i + 1 the
    /// number between it and the next.
    private var counts: [Int] = []

    init(_ elements: [HistoryElement]) {
        let starts = elements.map(\.pushCall).sorted()
        let ends = elements.map(\.popReturn).sorted()
        var entered = 0
        var left = 0
        while entered < starts.count || left < ends.count {
            let instant = min(
                entered < starts.count ? starts[entered] : .max,
                left < ends.count ? ends[left] : .max
            )
            while entered < starts.count, starts[entered] == instant { entered += 1 }
            instants.append(instant)
            counts.append(entered - left)
            while left < ends.count, ends[left] == instant { left += 1 }
            counts.append(entered - left)
        }
    }

    /// The largest number in each of some stretches of time, which are sorted by their ends. O(log n) each.
    func peaks(of windows: [(start: UInt64, end: UInt64)]) -> [Int] {
        // Positions of numbers that are larger than all after them, up to the present window's end.
        var summits: [Int] = []
        var next = 0
        return windows.map { window in
            let last = position(of: window.end)
            while next <= last {
                while let summit = summits.last, counts[summit] <= counts[next] { summits.removeLast() }
                summits.append(next)
                next += 1
            }
            let first = position(of: window.start)
            let rank = summits.partitioningCount { $0 < first }
            return rank < summits.count ? counts[summits[rank]] : 0
        }
    }

    /// Of the number that holds at an instant; -1: before the first.
    private func position(of instant: UInt64) -> Int {
        let rank = instants.count(below: instant)
        return rank < instants.count && instants[rank] == instant ? 2 * rank : 2 * rank - 1
    }
}
