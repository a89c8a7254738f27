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
        algebra.units(atNanoseconds: now) &+ algebra.tolerance &+ waiting &* algebra.cost
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
        mark(&line)
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
        let units = place.permits * algebra.cost
        waiting -= place.permits
        // Nobody has been granted anything since it came, because it isn't due; so the whole of its debt is still there.
        arrival -= units
        for later in index..<line.count { line[later].mark -= units }
    }

    /// Changes rate and burst; the permits at hand, or the debt, stay as they are, up to the new burst. O(waiters).
    mutating func update(rate: Rate, burst: Int, _ line: inout Deque<PermitPlace>, atNanoseconds now: UInt64) {
        let new = TokenBucketAlgebra(rate: rate, burst: burst, originNanoseconds: now)
        // What is there, in permits, and negative if others wait; rounded down. Neither factor is longer than 62 bits.
        let level = Int128(algebra.tolerance) - Int128(debt(atNanoseconds: now))
        let (quotient, remainder) = (level * Int128(new.cost)).quotientAndRemainder(dividingBy: Int128(algebra.cost))
        let converted = min(remainder < 0 ? quotient - 1 : quotient, Int128(new.tolerance))
        algebra = new
        arrival = UInt64(clamping: min(Int128(new.tolerance) - converted, Int128(TokenBucketAlgebra.latestArrival)))
        mark(&line)
    }

    /// Gives everyone in the line, where nobody is due, the mark that follows from the arrival time.
    private func mark(_ line: inout Deque<PermitPlace>) {
        var mark = arrival
        for index in line.indices.reversed() {
            line[index].mark = mark
            // Not below 0, where rounding has left the first a little too near.
            let units = line[index].permits * algebra.cost
            mark = mark > units ? mark - units : 0
        }
    }
}
