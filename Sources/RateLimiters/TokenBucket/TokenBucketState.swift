public import DequeModule

/// What a token bucket remembers: the one number of ``TokenBucketAlgebra``, what it is reckoned with, and how many permits
/// those who wait have asked for.
///
/// A request that waits takes its permits at once, as debt: the arrival time moves ahead by their cost. Its mark is the
/// arrival time after it, and it is due when that is no more than a full bucket ahead of the clock.
public struct TokenBucketState: LimiterState {
    @usableFromInline var algebra: TokenBucketAlgebra
    /// The theoretical arrival time in units, with the debt of those who wait.
    @usableFromInline var arrival: UInt64
    /// Permits that those in the line wait for.
    @usableFromInline var waiting: UInt64 = 0

    init(rate: Rate, burst: Int, nowNanoseconds: UInt64) {
        algebra = TokenBucketAlgebra(rate: rate, burst: burst, originNanoseconds: nowNanoseconds)
        arrival = 0
    }

    init(algebra: TokenBucketAlgebra, arrival: UInt64, waiting: UInt64) {
        self.algebra = algebra
        self.arrival = arrival
        self.waiting = waiting
    }

    /// Answers a request at time `now`. O(1).
    @inlinable @inline(__always)
    public mutating func tryAcquire(_ permits: UInt64, atNanoseconds now: UInt64) -> Acquisition? {
        guard algebra.covers(nanoseconds: now) else { return nil }
        let answer = algebra.tryAcquire(permits, nowNanoseconds: now, arrival: &arrival)
        if case .refused = answer, arrival > latestArrival(atNanoseconds: now) { return nil }
        return answer
    }

    /// The furthest that the arrival time can be ahead: a full bucket, and what those who wait owe. If it is beyond that,
    /// the clock was set back.
    @inlinable
    func latestArrival(atNanoseconds now: UInt64) -> UInt64 {
        algebra.units(atNanoseconds: now) &+ algebra.tolerance &+ algebra.units(ofPermits: waiting)
    }

    /// After the clock was set back the bucket counts as empty at the new time, so that nothing opens, and fills from then
    /// on, so that nothing freezes. Before the numbers run out they begin anew. O(waiters) then, else O(1).
    public mutating func mend(_ line: inout Deque<PermitPlace>, atNanoseconds now: UInt64) {
        let isCovered = algebra.covers(nanoseconds: now)
        if !isCovered {
            arrival = debt(atNanoseconds: now)
            algebra = algebra.rebased(atNanoseconds: now)
        }
        let latest = latestArrival(atNanoseconds: now)
        if arrival > latest { arrival = latest } else if isCovered { return }
        let owed = leastDebt(line)
        arrive(at: max(Int128(arrival), Int128(algebra.units(atNanoseconds: now)) + owed), &line)
    }

    /// How far ahead the arrival time is at least, as the first in the line isn't due: what tells where it is beyond what the
    /// numbers can express. 0: nobody waits. O(waiters).
    private func leastDebt(_ line: Deque<PermitPlace>) -> Int128 {
        guard !line.isEmpty else { return 0 }
        let behind = line.dropFirst().reduce(Int128(0)) { $0 + Int128($1.permits) * Int128(algebra.cost) }
        return Int128(algebra.tolerance) + behind
    }

    /// How far the arrival time is ahead of `now`, which may lie beyond the numbers' life.
    private func debt(atNanoseconds now: UInt64) -> UInt64 {
        let elapsed = now > algebra.originNanoseconds ? now - algebra.originNanoseconds : 0
        let (high, low) = elapsed.multipliedFullWidth(by: algebra.wholeUnits)
        let fraction = elapsed.multipliedFullWidth(by: algebra.fractionalUnits).high
        let (units, carry) = low.addingReportingOverflow(fraction)
        guard high == 0, !carry, units < arrival else { return 0 }
        return arrival - units
    }

    /// Grants a request now, or promises it the place behind all others. O(1).
    public mutating func reserve(
        _ permits: UInt64,
        atNanoseconds now: UInt64,
        longestNanoseconds: UInt64
    ) -> Reservation {
        guard permits <= algebra.burst else { return .exceedsBurst }
        let units = algebra.units(atNanoseconds: now)
        switch algebra.decide(arrival: arrival, now: units, permits: permits) {
        case .grant(let next):
            arrival = next
            return .granted
        case .refuse(let wait):
            let nanoseconds = algebra.nanoseconds(forUnits: wait)
            let next = max(arrival, units) + permits * algebra.cost
            // A line so long that the numbers would run out before its end (decades) has no more places.
            guard nanoseconds <= longestNanoseconds, next <= TokenBucketAlgebra.latestArrival,
                nanoseconds < UInt64.max - max(now, algebra.originNanoseconds)
            else { return .refused(waitNanoseconds: nanoseconds) }
            arrival = next
            waiting += permits
            return .waiting(PermitPlace(permits: permits, mark: next))
        }
    }

    /// When a place in the line is due. O(1).
    public func instant(of place: PermitPlace) -> UInt64 {
        guard place.mark > algebra.tolerance else { return algebra.originNanoseconds }
        return algebra.originNanoseconds + algebra.nanoseconds(forUnits: place.mark - algebra.tolerance)
    }

    /// The first in the line goes; its debt is everyone's now. O(1).
    public mutating func settle(_ place: PermitPlace) {
        waiting -= place.permits
    }

    /// One in the line leaves it and owes nothing; those behind move up. O(those behind).
    public mutating func cancel(at index: Int, in line: inout Deque<PermitPlace>, atNanoseconds now: UInt64) {
        let place = line.remove(at: index)
        let units = algebra.units(ofPermits: place.permits)
        waiting -= place.permits
        // Nobody has been granted anything since it came, because it isn't due; so the whole of its debt is still there. What
        // lies beyond what the numbers can express, years ahead, stays there.
        let end = TokenBucketAlgebra.latestArrival
        if arrival < end { arrival -= units }
        for later in index..<line.count where line[later].mark < end { line[later].mark -= units }
    }

    /// Changes rate and burst; the permits at hand, or the debt, stay as they are, up to the new burst. O(waiters).
    mutating func update(rate: Rate, burst: Int, _ line: inout Deque<PermitPlace>, atNanoseconds now: UInt64) {
        let new = TokenBucketAlgebra(rate: rate, burst: burst, originNanoseconds: now)
        // What is there, in permits, and negative if others wait; rounded down. A line of ages counts as the longest there is.
        let level = Int128(algebra.tolerance) - max(Int128(debt(atNanoseconds: now)), leastDebt(line))
        let (product, isOver) = level.multipliedReportingOverflow(by: Int128(new.cost))
        let (quotient, remainder) = (isOver ? .min / 2 : product).quotientAndRemainder(dividingBy: Int128(algebra.cost))
        let converted = min(remainder < 0 ? quotient - 1 : quotient, Int128(new.tolerance))
        algebra = new
        arrive(at: Int128(new.tolerance) - converted, &line)
    }

    /// Sets the arrival time, which may lie beyond what the numbers can express, and gives everyone in the line, where nobody is
    /// due, the mark that follows from it.
    private mutating func arrive(at end: Int128, _ line: inout Deque<PermitPlace>) {
        arrival = UInt64(clamping: min(end, Int128(TokenBucketAlgebra.latestArrival)))
        var mark = end
        for index in line.indices.reversed() {
            // Not below 0, where rounding has left the first a little too near.
            line[index].mark = UInt64(clamping: min(max(mark, 0), Int128(TokenBucketAlgebra.latestArrival)))
            mark -= Int128(line[index].permits) * Int128(algebra.cost)
        }
    }
}
