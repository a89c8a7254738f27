internal import Backpressure

/// What a ``ConcurrencyLimit`` promises, as a value without time, tasks or locks: state and event in, state out.
///
/// Written to be read, and apart from the implementations: everything is a list.
public struct ConcurrencyLimitModel: Sendable, Hashable {
    /// How a request ended.
    public enum Outcome: Sendable, Hashable {
        case granted
        case refused
        case exceedsLimit
        case timedOut
        case cancelled
    }

    /// A request for permits.
    public struct Request: Sendable, Hashable {
        /// How many requests came before it.
        public var number: Int
        /// How many permits it is for.
        public var weight: Int
        /// When it will have waited too long; `nil`: never.
        public var deadlineNanoseconds: UInt64?
    }

    /// The most permits in use at once.
    public private(set) var limit: Int
    /// Requests whose permits haven't been given back, in the order in which they were granted.
    public private(set) var holders: [Request] = []
    /// Requests that wait, in order of arrival.
    public private(set) var line: [Request] = []
    /// How each request ended, by its number; `nil`: it waits.
    public private(set) var outcomes: [Outcome?] = []
    /// The most permits that were in use at once.
    public private(set) var peakInUse = 0
    /// The time.
    public private(set) var nowNanoseconds: UInt64 = 0

    /// A limit with all its permits free, at time 0.
    public init(limit: Int) {
        self.limit = limit
    }

    /// Permits granted and not given back.
    public var inUse: Int { holders.map(\.weight).reduce(0, +) }

    /// What the statistics must be.
    var statistics: ConcurrencyLimitStatistics {
        let ended = outcomes.compactMap(\.self)
        let granted = ended.filter { $0 == .granted }.count
        return ConcurrencyLimitStatistics(
            limit: limit,
            inUse: inUse,
            waiting: line.count,
            granted: UInt64(granted),
            refused: UInt64(ended.count - granted),
            peakInUse: peakInUse
        )
    }

    /// Which request an event cancels.
    func cancelled(by index: Int) -> Request? { line.isEmpty ? nil : line[index % line.count] }

    /// Whose permits an event gives back.
    func released(by index: Int) -> Request? { holders.isEmpty ? nil : holders[index % holders.count] }

    /// What happens then.
    public mutating func apply(_ event: ConcurrencyLimitEvent) {
        switch event {
        case .tryAcquire(let weight): ask(weight, deadline: nil, instead: .refused)
        case .acquire(let weight, let milliseconds):
            let deadline = milliseconds.map { self.deadline(afterMilliseconds: $0) }
            ask(weight, deadline: deadline, instead: milliseconds == 0 ? .timedOut : nil)
        case .acquireCancelled: outcomes.append(.cancelled)
        case .cancel(let index):
            if let request = cancelled(by: index) { leave(request, .cancelled) }
        case .release(let index):
            guard let request = released(by: index) else { return }
            holders.removeAll { $0 == request }
            grantWaiting()
        case .expire:
            let next = line.filter { $0.deadlineNanoseconds != nil }
                .min { $0.deadlineNanoseconds! < $1.deadlineNanoseconds! }
            guard let next else { return }
            nowNanoseconds = next.deadlineNanoseconds!
            leave(next, .timedOut)
        case .setLimit(let limit):
            self.limit = limit
            for request in line where request.weight > limit { outcomes[request.number] = .exceedsLimit }
            line.removeAll { $0.weight > limit }
            grantWaiting()
        }
    }

    private mutating func ask(_ weight: Int, deadline: UInt64?, instead refusal: Outcome?) {
        let request = Request(number: outcomes.count, weight: weight, deadlineNanoseconds: deadline)
        outcomes.append(nil)
        if weight > limit {
            outcomes[request.number] = .exceedsLimit
        } else if line.isEmpty, weight <= limit - inUse {
            grant(request)
        } else if let refusal {
            outcomes[request.number] = refusal
        } else {
            line.append(request)
        }
    }

    private mutating func grant(_ request: Request) {
        outcomes[request.number] = .granted
        holders.append(request)
        peakInUse = max(peakInUse, inUse)
    }

    private mutating func grantWaiting() {
        while let first = line.first, first.weight <= limit - inUse { grant(line.removeFirst()) }
    }

    private mutating func leave(_ request: Request, _ outcome: Outcome) {
        outcomes[request.number] = outcome
        line.removeAll { $0 == request }
        grantWaiting()
    }

    /// No two are due at the same time: which comes first would be anyone's guess.
    private func deadline(afterMilliseconds milliseconds: Int) -> UInt64 {
        var deadline = nowNanoseconds + UInt64(milliseconds) * 1_000_000
        while line.contains(where: { $0.deadlineNanoseconds == deadline }) { deadline += 1 }
        return deadline
    }
}
