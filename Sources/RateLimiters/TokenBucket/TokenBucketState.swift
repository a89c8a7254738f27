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
        var end = end(of: line)
        if !isCovered {
            end -= elapsedUnits(atNanoseconds: now)
            algebra = algebra.rebased(atNanoseconds: now)
        }
        let latest = elapsedUnits(atNanoseconds: now) + Int128(algebra.tolerance) + cost(of: waiting)
        if isCovered, end <= latest { return }
        arrive(at: min(end, latest), &line)
    }

    /// The arrival time, also where it is beyond what the word can express: then somebody waits, and the last one's mark is it.
    private func end(of line: Deque<PermitPlace>) -> Int128 {
        guard arrival == TokenBucketAlgebra.latestArrival, let last = line.last else { return Int128(arrival) }
        return last.mark
    }

    /// The time in units, which may lie beyond the numbers' life.
    private func elapsedUnits(atNanoseconds now: UInt64) -> Int128 {
        let elapsed = now > algebra.originNanoseconds ? now - algebra.originNanoseconds : 0
        let fraction = elapsed.multipliedFullWidth(by: algebra.fractionalUnits).high
        return Int128(elapsed) * Int128(algebra.wholeUnits) + Int128(fraction)
    }

    private func cost(of permits: UInt64) -> Int128 { Int128(permits) * Int128(algebra.cost) }

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
            guard nanoseconds <= longestNanoseconds, next < TokenBucketAlgebra.latestArrival,
                nanoseconds < UInt64.max - max(now, algebra.originNanoseconds)
            else { return .refused(waitNanoseconds: nanoseconds) }
            arrival = next
            waiting += permits
            return .waiting(PermitPlace(permits: permits, mark: Int128(next)))
        }
    }

    /// When a place in the line is due; at the end of time if that is centuries away. O(1).
    public func instant(of place: PermitPlace) -> UInt64 {
        let units = UInt64(clamping: place.mark - Int128(algebra.tolerance))
        let (instant, isOver) = algebra.originNanoseconds.addingReportingOverflow(algebra.nanoseconds(forUnits: units))
        return isOver ? .max : instant
    }

    /// The first in the line goes; its debt is everyone's now. O(1).
    public mutating func settle(_ place: PermitPlace) {
        waiting -= place.permits
    }

    /// One in the line leaves it and owes nothing; those behind move up. O(those behind).
    public mutating func cancel(at index: Int, in line: inout Deque<PermitPlace>, atNanoseconds now: UInt64) {
        // Granted past the line, when those in it were due; the clock was set back since.
        let passed = line.last.map { end(of: line) - $0.mark } ?? 0
        let place = line.remove(at: index)
        waiting -= place.permits
        // What is owed without it. If the first had more at hand than the bucket holds, because the burst was lowered since,
        // that is nothing.
        var mark = place.mark - cost(of: place.permits)
        if index == 0 { mark = max(mark, elapsedUnits(atNanoseconds: now)) }
        for later in index..<line.count {
            mark += cost(of: line[later].permits)
            line[later].mark = mark
        }
        arrival = word(for: mark + passed)
    }

    /// Changes rate and burst; the permits at hand, or the debt, stay as they are, up to the new burst. O(waiters).
    mutating func update(rate: Rate, burst: Int, _ line: inout Deque<PermitPlace>, atNanoseconds now: UInt64) {
        let new = TokenBucketAlgebra(rate: rate, burst: burst, originNanoseconds: now)
        // What is there, in units, and negative if others wait; in the new ones rounded down.
        let level = Int128(algebra.tolerance) - max(end(of: line) - elapsedUnits(atNanoseconds: now), 0)
        // In two steps: the line can owe more than the product has room for.
        let (permits, rest) = level.quotientAndRemainder(dividingBy: Int128(algebra.cost))
        let (quotient, remainder) = (rest * Int128(new.cost)).quotientAndRemainder(dividingBy: Int128(algebra.cost))
        let converted = permits * Int128(new.cost) + (remainder < 0 ? quotient - 1 : quotient)
        algebra = new
        arrive(at: Int128(new.tolerance) - min(converted, Int128(new.tolerance)), &line)
    }

    /// Sets the arrival time, and gives everyone in the line, where nobody is due, the mark that follows from it.
    private mutating func arrive(at end: Int128, _ line: inout Deque<PermitPlace>) {
        arrival = word(for: end)
        var mark = end
        for index in line.indices.reversed() {
            line[index].mark = mark
            mark -= cost(of: line[index].permits)
        }
    }

    /// What the word says of an arrival time: the latest that it can express, of one beyond that.
    private func word(for end: Int128) -> UInt64 {
        UInt64(clamping: min(end, Int128(TokenBucketAlgebra.latestArrival)))
    }
}
