/// How much a history can show at all. A check that saw nothing proves nothing.
public struct HistoryEvidence: Sendable, Hashable {
    /// The least that a history must show for its verdict to mean anything.
    public struct Minimum: Sendable, Hashable {
        /// Operations, whatever came of them.
        public var operations: Int
        /// Operations that pushed or took something: a queue of which threads only ever hear "full" and "empty" isn't tried.
        public var successes: Int
        /// Operations that overlap one of another thread: all others might as well be one thread's. A number and no share,
        /// since more operations that overlap nothing take nothing away.
        public var overlapping: Int
        /// How often as many elements as the capacity went in: the second lap is the first that reuses anything.
        public var wraps: Double

        /// 1 000 operations, 500 of them successful, 500 overlapping, 3 wraps.
        public static let standard = Minimum(operations: 1_000, successes: 500, overlapping: 500, wraps: 3)

        /// These minima.
        public init(operations: Int, successes: Int, overlapping: Int, wraps: Double) {
            self.operations = operations
            self.successes = successes
            self.overlapping = overlapping
            self.wraps = wraps
        }
    }

    /// Operations, whatever came of them.
    public let operations: Int
    /// Pushes that were accepted.
    public let accepted: Int
    /// Pops that took something.
    public let taken: Int
    /// Pushes that were told that the queue is full.
    public let saidFull: Int
    /// Pops that were told that the queue is empty.
    public let saidEmpty: Int
    /// Operations that overlap one of another thread.
    public let overlapping: Int
    /// The capacity, if there is a bound.
    public let capacity: Int?

    /// What the history shows. O(n log n).
    public init(_ history: QueueHistory) {
        var counts = [Int](repeating: 0, count: QueueEvent.Kind.allCases.count)
        for event in history.events { counts[Int(event.kind.rawValue)] += 1 }
        operations = history.events.count
        accepted = counts[Int(QueueEvent.Kind.pushAccepted.rawValue)]
        taken = counts[Int(QueueEvent.Kind.popTook.rawValue)]
        saidFull = counts[Int(QueueEvent.Kind.pushSaidFull.rawValue)]
        saidEmpty = counts[Int(QueueEvent.Kind.popSaidEmpty.rawValue)]
        overlapping = history.overlaps().count { $0 }
        capacity = history.capacity
    }

    /// What several histories of queues of one capacity show together.
    public static func + (first: HistoryEvidence, second: HistoryEvidence) -> HistoryEvidence {
        HistoryEvidence(
            operations: first.operations + second.operations,
            accepted: first.accepted + second.accepted,
            taken: first.taken + second.taken,
            saidFull: first.saidFull + second.saidFull,
            saidEmpty: first.saidEmpty + second.saidEmpty,
            overlapping: first.overlapping + second.overlapping,
            capacity: first.capacity
        )
    }

    private init(
        operations: Int,
        accepted: Int,
        taken: Int,
        saidFull: Int,
        saidEmpty: Int,
        overlapping: Int,
        capacity: Int?
    ) {
        self.operations = operations
        self.accepted = accepted
        self.taken = taken
        self.saidFull = saidFull
        self.saidEmpty = saidEmpty
        self.overlapping = overlapping
        self.capacity = capacity
    }

    /// Operations that pushed or took something.
    public var successes: Int { accepted + taken }

    /// Of all operations, per cent that overlap one of another thread.
    public var overlapPercent: Double { percent(overlapping) }

    /// Of all operations, per cent that pushed or took something.
    public var successPercent: Double { percent(successes) }

    /// How often as many elements as the capacity went in; `nil`: no bound.
    public var wraps: Double? { capacity.map { Double(accepted) / Double(max($0, 1)) } }

    /// Too little was seen, by ``Minimum/standard``, for a verdict to mean anything.
    public var isVacuous: Bool { !shortfalls().isEmpty }

    /// What is missing, in words; empty: enough was seen.
    public func shortfalls(_ minimum: Minimum = .standard) -> [String] {
        var shortfalls: [String] = []
        func require(_ value: Double, _ least: Double, _ what: String) {
            if value < least { shortfalls.append("\(tenths(value)) \(what), at least \(tenths(least)) needed") }
        }
        require(Double(operations), Double(minimum.operations), "operations")
        require(Double(successes), Double(minimum.successes), "successful operations")
        require(Double(overlapping), Double(minimum.overlapping), "operations overlapping another thread's")
        if let wraps { require(wraps, minimum.wraps, "times around the queue") }
        return shortfalls
    }

    private func percent(_ count: Int) -> Double { operations == 0 ? 0 : 100 * Double(count) / Double(operations) }

    /// At most one decimal.
    private func tenths(_ value: Double) -> String {
        let rounded = (value * 10).rounded() / 10
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
}
