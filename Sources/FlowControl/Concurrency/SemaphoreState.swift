/// A weighted semaphore as a value: decides, and says whom to wake. Knows neither lock, clock nor continuation; its owner
/// guards it and acts outside the lock.
@usableFromInline
struct SemaphoreState<Sleeper: Sendable>: Sendable {
    @usableFromInline typealias Wakes = PermitLine<Sleeper>.Wakes

    @usableFromInline var limit: Int
    @usableFromInline var inUse = 0
    @usableFromInline var peakInUse = 0
    @usableFromInline var granted: UInt64 = 0
    @usableFromInline var refused: UInt64 = 0
    /// Of the line, where inlined code can see it.
    @usableFromInline var waiting = 0
    private var line = PermitLine<Sleeper>()

    init(limit: Int) {
        PermitBounds.check(limit: limit)
        self.limit = limit
    }

    /// Decides at once.
    @inlinable @inline(__always)
    mutating func tryAcquire(_ weight: Int) -> PermitAcquisition {
        let answer = ask(weight)
        if answer != .granted { refused &+= 1 }
        return answer
    }

    /// Decides at once, for one who would wait: a refusal isn't counted yet.
    @inlinable @inline(__always)
    mutating func ask(_ weight: Int) -> PermitAcquisition {
        // No sum, which could overflow. What is in use may be above the limit.
        guard waiting == 0, weight <= limit - inUse else { return weight > limit ? .exceedsLimit : .refused }
        take(weight)
        return .granted
    }

    @inlinable @inline(__always)
    mutating func take(_ weight: Int) {
        inUse &+= weight
        granted &+= 1
        if inUse > peakInUse { peakInUse = inUse }
    }

    mutating func takeNumber() -> UInt64 { line.takeNumber() }

    /// Asks, and waits if need be; `nil`: it waits.
    mutating func enter(_ weight: Int, number: UInt64, sleeper: Sleeper) -> PermitWaitEnd? {
        switch ask(weight) {
        case .granted: return .granted
        case .exceedsLimit:
            refused += 1
            return .exceedsLimit
        case .refused:
            line.append(.init(number: number, weight: weight, sleeper: sleeper))
            waiting += 1
            return nil
        }
    }

    /// Counts one who gave up without having waited.
    mutating func countRefusal() { refused += 1 }

    /// One who waits gives up, if it still waits. Those behind move up. O(waiters).
    mutating func leave(_ number: UInt64, with end: PermitWaitEnd) -> Wakes {
        var wakes = Wakes()
        guard let sleeper = line.remove(number) else { return wakes }
        waiting -= 1
        refused += 1
        wakes.all.append((sleeper, end))
        grantWaiting(&wakes)
        return wakes
    }

    /// Permits come back; those who wait for them are granted them.
    @inlinable @inline(__always)
    mutating func release(_ weight: Int) -> Wakes {
        precondition(weight <= inUse, "more permits are given back than are in use")
        inUse &-= weight
        return waiting == 0 ? Wakes() : grantWaiting()
    }

    mutating func setLimit(_ limit: Int) -> Wakes {
        PermitBounds.check(limit: limit)
        self.limit = limit
        var wakes = Wakes()
        line.removeAll(heavierThan: limit, &wakes)
        refused += UInt64(wakes.all.count)
        grantWaiting(&wakes)
        return wakes
    }

    @usableFromInline
    mutating func grantWaiting() -> Wakes {
        var wakes = Wakes()
        grantWaiting(&wakes)
        return wakes
    }

    private mutating func grantWaiting(_ wakes: inout Wakes) {
        var line = line
        self.line = PermitLine()
        line.grant(&wakes) { weight, _ in
            guard weight <= limit - inUse else { return false }
            take(weight)
            return true
        }
        self.line = line
        waiting = line.count
    }

    var statistics: ConcurrencyLimitStatistics {
        ConcurrencyLimitStatistics(
            limit: limit,
            inUse: inUse,
            waiting: waiting,
            granted: granted,
            refused: refused,
            peakInUse: peakInUse
        )
    }
}
