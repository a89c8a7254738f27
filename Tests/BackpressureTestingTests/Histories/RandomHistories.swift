import BackpressureTesting

extension SeededGenerator {
    mutating func number(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// Small histories, right and wrong, and long right ones.
enum RandomHistories {
    /// Any operations with any results, but the same value isn't accepted twice. Stamps are so few that many are equal.
    static func arbitrary(_ generator: inout SeededGenerator) -> [QueueEvent] {
        let threads = 2 + generator.number(below: 2)
        let count = 2 + generator.number(below: 5)
        var times = [UInt64](repeating: 0, count: threads)
        var pushed: UInt64 = 0
        return (0..<count).map { _ in
            let thread = generator.number(below: threads)
            let call = times[thread] + UInt64(generator.number(below: 4))
            let returned = call + 1 + UInt64(generator.number(below: 5))
            times[thread] = returned + 1
            switch generator.number(below: 8) {
            case 0...2:
                pushed += 1
                return QueueEvent(thread: thread, .pushAccepted, pushed, call: call, returned: returned)
            case 3...5:
                let value = 1 + UInt64(generator.number(below: 3))
                return QueueEvent(thread: thread, .popTook, value, call: call, returned: returned)
            case 6: return QueueEvent(thread: thread, .popSaidEmpty, call: call, returned: returned)
            default: return QueueEvent(thread: thread, .pushSaidFull, 99, call: call, returned: returned)
            }
        }
    }

    /// What threads of a right queue may have seen: operations take effect at random instants between call and return.
    ///
    /// - Parameters:
    ///   - delay: the longest time between call, effect, return and the next call.
    ///   - refuse: which operations, by number, say full or empty whatever is inside.
    static func right(
        producers: Int,
        consumers: Int,
        operations: Int,
        capacity: Int,
        delay: Int,
        refusing refuse: (Int) -> Bool = { _ in false },
        _ generator: inout SeededGenerator
    ) -> [QueueEvent] {
        struct Plan {
            var call: UInt64
            var effect: UInt64
            var returned: UInt64
        }
        func plan(after time: UInt64) -> Plan {
            let call = time + 1 + UInt64(generator.number(below: delay))
            let effect = call + UInt64(generator.number(below: delay))
            return Plan(call: call, effect: effect, returned: effect + UInt64(generator.number(below: delay)))
        }
        var plans = (0..<(producers + consumers)).map { _ in plan(after: 0) }
        var content: [UInt64] = []
        var front = 0
        var pushed: UInt64 = 0
        return (0..<operations).map { number in
            let thread = plans.indices.min { (plans[$0].effect, $0) < (plans[$1].effect, $1) } ?? 0
            let now = plans[thread]
            plans[thread] = plan(after: now.returned)
            let kind: QueueEvent.Kind
            var value: UInt64 = 0
            if thread < producers {
                let isFull = content.count - front == capacity || refuse(number)
                kind = isFull ? .pushSaidFull : .pushAccepted
                if !isFull {
                    pushed += 1
                    content.append(pushed)
                }
                value = isFull ? pushed + 1 : pushed
            } else if front < content.count, !refuse(number) {
                kind = .popTook
                value = content[front]
                front += 1
            } else {
                kind = .popSaidEmpty
            }
            return QueueEvent(thread: thread, kind, value, call: now.call, returned: now.returned)
        }
    }

    /// The same but for one thing: a result or a stamp that is another's.
    static func disturbed(_ events: [QueueEvent], _ generator: inout SeededGenerator) -> [QueueEvent] {
        var events = events
        let index = generator.number(below: events.count)
        let event = events[index]
        switch generator.number(below: 5) {
        case 0: events.remove(at: index)
        case 1: if event.kind == .popTook { events[index] = event.with(value: event.value + 1) }
        case 2: if event.kind == .popTook { events[index] = event.with(kind: .popSaidEmpty) }
        case 3: if event.kind == .pushAccepted { events[index] = event.with(kind: .pushSaidFull) }
        default:
            // Narrower: what was explained by an overlap may no longer be.
            let middle = event.call + (event.returned - event.call) / 2
            events[index] = event.with(call: middle, returned: middle)
        }
        return events
    }
}

extension QueueEvent {
    func with(
        kind: Kind? = nil,
        value: UInt64? = nil,
        thread: Int? = nil,
        call: UInt64? = nil,
        returned: UInt64? = nil
    ) -> QueueEvent {
        QueueEvent(
            thread: thread ?? Int(self.thread),
            kind ?? self.kind,
            value ?? self.value,
            call: call ?? self.call,
            returned: returned ?? self.returned
        )
    }
}
