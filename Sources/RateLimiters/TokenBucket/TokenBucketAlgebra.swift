/// The arithmetic of a token bucket as GCRA: one 64-bit number of integer time, shared by all three families.
///
/// Time is counted in units fine enough that one permit is a whole number of them. The state is the *theoretical arrival
/// time*: when the bucket would be full again. A request of n permits at time t passes if `max(TAT, t) + n · cost` is
/// not more than a full bucket (`tolerance`) ahead of t; then that becomes the new TAT.
///
/// - Exact: if the rate in lowest terms is a/b permits per nanosecond with a ≤ 16, a nanosecond is a units and a permit
///   b units; no rounding anywhere (1, 7, 10 000, 700 000, 1.5 M, 300 M a second are such rates, and 1 a day).
/// - Else a permit is 2^k units, k as large as 32 bits of units per second allow, and time is scaled by a fixed-point
///   factor with 64 fractional bits, always rounded down: no drift, and no decision is off by more than 2^-k permits.
///   The difference of two times rounded down can exceed the true one, so a window may hold that much too many: less
///   than what one nanosecond earns, or one permit above 2^31 a second.
///
/// The numbers last for years; before they run out, whoever keeps the state counts from a later origin
/// (``rebased(atNanoseconds:)``), so that they last for ever.
///
/// Source: ITU-T I.371 (GCRA); the scaling is our own.
@usableFromInline
struct TokenBucketAlgebra: Sendable, Equatable {
    /// Units per permit.
    @usableFromInline let cost: UInt64
    /// Units a full bucket holds.
    @usableFromInline let tolerance: UInt64
    /// The most permits a request may ask for.
    @usableFromInline let burst: UInt64
    /// Units per nanosecond: whole part and fraction of 2^64.
    @usableFromInline let wholeUnits: UInt64
    @usableFromInline let fractionalUnits: UInt64
    /// What the clock read at time 0.
    @usableFromInline let originNanoseconds: UInt64

    /// - Precondition: `burst` is at least 1, and a full bucket refills within some years.
    @usableFromInline
    init(rate: Rate, burst: Int, originNanoseconds: UInt64) {
        precondition(burst > 0, "a burst must be at least one permit; got \(burst)")
        self.burst = UInt64(burst)
        self.originNanoseconds = originNanoseconds
        if rate.permits <= 16 {
            cost = rate.perNanoseconds
            wholeUnits = rate.permits
            fractionalUnits = 0
        } else {
            var shift: UInt64 = 0
            while rate.permitsPerSecond * Double(UInt64(2) << shift) < 4_294_967_296, shift < 48 { shift += 1 }
            cost = 1 << shift
            // rate.permits · 2^shift / rate.perNanoseconds with 64 fractional bits, rounded down.
            let numerator = rate.permits.multipliedFullWidth(by: cost)
            let (whole, remainder) = rate.perNanoseconds.dividingFullWidth(numerator)
            wholeUnits = whole
            fractionalUnits = rate.perNanoseconds.dividingFullWidth((remainder, 0)).quotient
        }
        let (units, overflow) = cost.multipliedReportingOverflow(by: self.burst)
        precondition(
            !overflow && units < 1 << 61,
            "a burst of \(burst) at \(rate) takes too long to refill: the limit is some years"
        )
        tolerance = units
        let nanoseconds = Double(units) / (Double(wholeUnits) + Double(fractionalUnits) / 18_446_744_073_709_551_616)
        precondition(
            nanoseconds < 4e18,
            "a burst of \(burst) at \(rate) takes too long to refill: the limit is some years"
        )
    }

    @inlinable @inline(__always)
    init(
        cost: UInt64,
        tolerance: UInt64,
        burst: UInt64,
        wholeUnits: UInt64,
        fractionalUnits: UInt64,
        originNanoseconds: UInt64
    ) {
        self.cost = cost
        self.tolerance = tolerance
        self.burst = burst
        self.wholeUnits = wholeUnits
        self.fractionalUnits = fractionalUnits
        self.originNanoseconds = originNanoseconds
    }

    /// The same terms with time counted from a later origin.
    func rebased(atNanoseconds origin: UInt64) -> TokenBucketAlgebra {
        TokenBucketAlgebra(
            cost: cost,
            tolerance: tolerance,
            burst: burst,
            wholeUnits: wholeUnits,
            fractionalUnits: fractionalUnits,
            originNanoseconds: origin
        )
    }

    /// How long after the origin the numbers may be used: two years. At no more than 16 units a nanosecond that is below
    /// 2^60 units, and with a bucket's tolerance below 2^61 stays within 62 bits.
    @inlinable
    static var lifetimeNanoseconds: UInt64 { 1 << 56 }
    /// The latest theoretical arrival time.
    @inlinable
    static var latestArrival: UInt64 { (1 << 62) - 1 }

    /// What so many permits cost; of more than the numbers can express, the most that they can.
    @inlinable @inline(__always)
    func units(ofPermits permits: UInt64) -> UInt64 {
        let (units, isOver) = permits.multipliedReportingOverflow(by: cost)
        return isOver ? Self.latestArrival : min(units, Self.latestArrival)
    }

    /// Whether the numbers can express this time: not before the origin and not long after it.
    @inlinable @inline(__always)
    func covers(nanoseconds: UInt64) -> Bool {
        nanoseconds &- originNanoseconds < Self.lifetimeNanoseconds
    }

    /// The clock's reading in units since the origin, rounded down.
    @inlinable @inline(__always)
    func units(atNanoseconds nanoseconds: UInt64) -> UInt64 {
        units(after: nanoseconds > originNanoseconds ? nanoseconds &- originNanoseconds : 0)
    }

    /// So long a time in units, rounded down.
    @inlinable @inline(__always)
    func units(after elapsed: UInt64) -> UInt64 {
        // A branch that is always taken or never costs less than the multiplications, which the decision would wait for.
        if isNanosecondUnit { return elapsed }
        return elapsed &* wholeUnits &+ elapsed.multipliedFullWidth(by: fractionalUnits).high
    }

    /// A unit is a nanosecond: at rates of one permit in so many nanoseconds, the common ones.
    @inlinable @inline(__always)
    var isNanosecondUnit: Bool { wholeUnits == 1 && fractionalUnits == 0 }

    @usableFromInline
    enum Decision {
        /// Grant, and make this the new theoretical arrival time.
        case grant(arrival: UInt64)
        /// Refuse; the same request would pass in so many units.
        case refuse(wait: UInt64)
    }

    /// What to answer at time `now`, with the theoretical arrival time as it is. Pure.
    @inlinable @inline(__always)
    func decide(arrival: UInt64, now: UInt64, permits: UInt64) -> Decision {
        let next = max(arrival, now) &+ permits &* cost
        let limit = now &+ tolerance
        return next <= limit ? .grant(arrival: next) : .refuse(wait: next &- limit)
    }

    /// One request against a state that the caller has to itself.
    @inlinable @inline(__always)
    func tryAcquire(_ permits: UInt64, nowNanoseconds: UInt64, arrival: inout UInt64) -> Acquisition {
        guard permits <= burst else { return .exceedsBurst }
        switch decide(arrival: arrival, now: units(atNanoseconds: nowNanoseconds), permits: permits) {
        case .grant(let next):
            arrival = next
            return .granted
        case .refuse(let wait):
            return refusal(waitUnits: wait)
        }
    }

    @inlinable @inline(__always)
    func refusal(waitUnits: UInt64) -> Acquisition {
        .refused(retryAfter: Acquisition.Delay(nanoseconds: nanoseconds(forUnits: waitUnits)))
    }

    /// Units as nanoseconds, rounded up so that a caller who waits that long isn't refused again. O(1).
    @inlinable @inline(__always)
    func nanoseconds(forUnits units: UInt64) -> UInt64 {
        if isNanosecondUnit { return units }
        // Words, not `self`: the caller would have to put all of it into memory.
        return Self.nanoseconds(forUnits: units, wholeUnits, fractionalUnits)
    }

    /// The smallest n with units(n) ≥ units, by division and at most a step or two.
    @usableFromInline @inline(never)
    static func nanoseconds(forUnits units: UInt64, _ wholeUnits: UInt64, _ fractionalUnits: UInt64) -> UInt64 {
        let perNanosecond = Double(wholeUnits) + Double(fractionalUnits) / 18_446_744_073_709_551_616
        let approximate = Double(units) / perNanosecond
        // Centuries: a line that nobody sees the end of.
        guard approximate < 9e18 else { return UInt64(Int64.max) }
        var guess = fractionalUnits == 0 ? units / wholeUnits : UInt64(approximate * (1 - 1e-15))
        while guess &* wholeUnits &+ guess.multipliedFullWidth(by: fractionalUnits).high < units { guess += 1 }
        return guess
    }
}
