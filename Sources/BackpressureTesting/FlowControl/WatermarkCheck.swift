public import Backpressure

/// What decides a watermark state: ``FlowControl/WatermarkMachine``, or one of your own to be checked like it.
public protocol WatermarkDeciding: Sendable {
    /// The state.
    var state: WatermarkState { get }
    /// So many elements are inside.
    mutating func update(depth: Int, capacity: Int)
    /// Nothing more is to enter.
    mutating func beginDraining()
    /// Everything is out.
    mutating func finishDraining()
}

extension WatermarkMachine: WatermarkDeciding {}

/// Drives a ``WatermarkDeciding`` by random events beside what its watermarks promise, and shortens the first sequence that
/// breaks a promise.
///
/// The promises, none of which says how a state is kept:
/// - a depth at or over a state's watermark never finds a lower state;
/// - a depth below it by more than the hysteresis never finds that state or a higher one;
/// - in between the state stays where it was;
/// - draining is left for drained alone, and drained never.
public struct WatermarkCheck: Sendable {
    /// Something that happens to the machine.
    public enum Event: Sendable, Hashable {
        /// The queue holds so many elements.
        case depth(Int)
        /// Shutdown begins.
        case beginDraining
        /// Shutdown ends.
        case finishDraining
    }

    /// A sequence that breaks a promise; no event of it can be left out.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// What is wrong after the last event.
        public let message: String
        /// The shortest sequence found.
        public let events: [Event]
        /// Gives the sequence again.
        public let seed: UInt64

        /// In words.
        public var description: String { "\(message), after \(events) (seed \(seed))" }
    }

    /// Where the states begin.
    public let watermarks: Watermarks
    /// The queue's.
    public let capacity: Int

    /// A check of machines with these watermarks over a queue of this capacity.
    public init(watermarks: Watermarks = Watermarks(), capacity: Int) {
        self.watermarks = watermarks
        self.capacity = capacity
    }

    /// Runs a random sequence on a new machine; `nil`: it kept every promise.
    public func run<Machine: WatermarkDeciding>(
        seed: UInt64,
        events count: Int = 200,
        _ make: () -> Machine
    ) -> Failure? {
        var generator = SeededGenerator(seed: seed)
        var depth = 0
        let events = (0..<count).map { _ -> Event in
            switch Int.random(in: 0..<400, using: &generator) {
            case 0: return .beginDraining
            case 1: return .finishDraining
            case 2..<50: depth = Int.random(in: 0...capacity, using: &generator)
            default: depth = min(max(depth + Int.random(in: -2...2, using: &generator), 0), capacity)
            }
            return .depth(depth)
        }
        guard failure(events, make) != nil else { return nil }
        let shortest = shrink(events, make)
        return Failure(message: failure(shortest, make) ?? "", events: shortest, seed: seed)
    }

    /// What is wrong after this sequence, or before its end.
    public func failure<Machine: WatermarkDeciding>(_ events: [Event], _ make: () -> Machine) -> String? {
        var machine = make()
        var before = machine.state
        if before != .normal { return "an empty queue is \(before)" }
        for event in events {
            switch event {
            case .depth(let depth): machine.update(depth: depth, capacity: capacity)
            case .beginDraining: machine.beginDraining()
            case .finishDraining: machine.finishDraining()
            }
            if let message = judge(event, from: before, to: machine.state) { return message }
            before = machine.state
        }
        return nil
    }

    private func judge(_ event: Event, from before: WatermarkState, to after: WatermarkState) -> String? {
        switch event {
        case .finishDraining:
            return after == .drained ? nil : "drained, the state is \(after)"
        case .beginDraining:
            return after == max(before, .draining) ? nil : "draining, the state is \(after)"
        case .depth(let depth):
            guard before < .draining else {
                return after == before ? nil : "a depth of \(depth) led from \(before) to \(after)"
            }
            let fill = Double(depth) / Double(capacity)
            let begins: [(WatermarkState, Double)] = [
                (.elevated, watermarks.elevated), (.critical, watermarks.critical), (.blocked, 1),
            ]
            for (state, begin) in begins {
                if fill >= begin, after < state { return "at \(depth) of \(capacity) the state is \(after)" }
                if fill < begin - watermarks.hysteresis, after >= state {
                    return "at \(depth) of \(capacity) the state is still \(after)"
                }
                let isBetween = fill < begin && fill >= begin - watermarks.hysteresis
                if isBetween, (before >= state) != (after >= state) {
                    return "at \(depth) of \(capacity), within the hysteresis, \(before) became \(after)"
                }
            }
            return after <= .blocked ? nil : "a depth led to \(after)"
        }
    }

    /// Leaves out events, many at once at first, as long as it still fails.
    private func shrink<Machine: WatermarkDeciding>(_ events: [Event], _ make: () -> Machine) -> [Event] {
        Shrinking.shortest(events) { failure($0, make) != nil }
    }
}

/// Finds a short sequence that still fails.
public enum Shrinking {
    /// Leaves out elements, many in a row at first and then fewer, as long as what remains still fails; no element of the
    /// result can be left out. O(n²) trials.
    public static func shortest<Element>(_ elements: [Element], fails: ([Element]) -> Bool) -> [Element] {
        var elements = elements
        var length = max(elements.count / 2, 1)
        while true {
            var start = 0
            var isShorter = false
            while start < elements.count {
                var fewer = elements
                fewer.removeSubrange(start..<min(start + length, elements.count))
                if fails(fewer) {
                    elements = fewer
                    isShorter = true
                } else {
                    start += length
                }
            }
            if length == 1, !isShorter { return elements }
            length = max(length / 2, 1)
        }
    }
}
