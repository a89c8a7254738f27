/// A rate of permits as a reduced fraction, so that levels are whole numbers of `1 / unitsPerPermit` permits.
struct PermitRate: Sendable, Equatable {
    /// Units that flow in each nanosecond.
    let unitsPerNanosecond: UInt64
    /// Units that make up one permit.
    let unitsPerPermit: UInt64

    init(permits: UInt64, perNanoseconds: UInt64) {
        precondition(perNanoseconds > 0, "\(permits) permits per 0 ns is no rate: perNanoseconds must be above 0")
        var divisor = perNanoseconds
        var remainder = permits
        while remainder > 0 {
            (divisor, remainder) = (remainder, divisor % remainder)
        }
        unitsPerNanosecond = permits / divisor
        unitsPerPermit = perNanoseconds / divisor
    }

    /// The units that make up `permits`; never overflows.
    func units(ofPermits permits: UInt64) -> UInt128 {
        UInt128(permits) * UInt128(unitsPerPermit)
    }

    /// The units that flow in `nanoseconds`; never overflows.
    func units(inNanoseconds nanoseconds: UInt64) -> UInt128 {
        UInt128(nanoseconds) * UInt128(unitsPerNanosecond)
    }

    /// The shortest time in which `units` flow, or `nil` if it can't be told in 64 bits or they never do.
    func nanoseconds(forUnits units: UInt128) -> UInt64? {
        guard unitsPerNanosecond > 0 else { return units == 0 ? 0 : nil }
        let (whole, part) = units.quotientAndRemainder(dividingBy: UInt128(unitsPerNanosecond))
        return UInt64(exactly: part == 0 ? whole : whole + 1)
    }
}
