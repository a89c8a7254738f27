internal import DequeModule

/// How a request ends that has waited for permits.
@usableFromInline
enum PermitWaitEnd: Sendable, Hashable {
    case granted
    case exceedsLimit
    case cancelled
    case timedOut

    @usableFromInline
    func get() throws(PermitError) {
        switch self {
        case .granted: return
        case .exceedsLimit: throw .exceedsLimit
        case .cancelled: throw .cancelled
        case .timedOut: throw .timedOut
        }
    }
}

/// Requests that wait for permits, in order of arrival. A value: knows neither lock nor clock, and whoever sleeps is a
/// mere token to it.
@usableFromInline
struct PermitLine<Sleeper: Sendable>: Sendable {
    struct Request: Sendable {
        /// What a request is known by when it gives up.
        let number: UInt64
        let weight: Int
        let sleeper: Sleeper
    }

    private var requests: Deque<Request> = []
    private var nextNumber: UInt64 = 0

    /// Whoever is to be woken, with what: done outside all locks.
    @usableFromInline
    struct Wakes: Sendable {
        @usableFromInline var all: [(sleeper: Sleeper, end: PermitWaitEnd)] = []

        @usableFromInline
        init() {}
    }

    /// Nobody waits.
    @usableFromInline
    init() {}

    var first: Request? { requests.first }
    var count: Int { requests.count }
    var isEmpty: Bool { requests.isEmpty }

    mutating func takeNumber() -> UInt64 {
        nextNumber += 1
        return nextNumber
    }

    mutating func append(_ request: Request) {
        requests.append(request)
    }

    /// Grants what `take` can take, from the front: a request that can't be granted holds up all behind it.
    ///
    /// - Parameter take: takes the permits if they are there; it is told whether nobody waits any more if it does.
    mutating func grant(_ wakes: inout Wakes, take: (_ weight: Int, _ isLast: Bool) -> Bool) {
        while let first = requests.first, take(first.weight, requests.count == 1) {
            requests.removeFirst()
            wakes.all.append((first.sleeper, .granted))
        }
    }

    /// O(waiters).
    mutating func remove(_ number: UInt64) -> Sleeper? {
        // Numbers grow from front to back, but for requests that took theirs early; so no bisection.
        guard let index = requests.firstIndex(where: { $0.number == number }) else { return nil }
        return requests.remove(at: index).sleeper
    }

    /// Sends those away who could never be granted. O(waiters).
    mutating func removeAll(heavierThan limit: Int, _ wakes: inout Wakes) {
        guard requests.contains(where: { $0.weight > limit }) else { return }
        for request in requests where request.weight > limit { wakes.all.append((request.sleeper, .exceedsLimit)) }
        requests.removeAll { $0.weight > limit }
    }
}
