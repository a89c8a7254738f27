/// A number that many others are divided by: a multiplication each instead of a division.
@usableFromInline
struct Divisor: Sendable {
    @usableFromInline let divisor: UInt
    /// 2⁶⁴ / divisor, rounded down (for 1 and the powers of two one less).
    @usableFromInline let reciprocal: UInt

    init(_ divisor: UInt) {
        self.divisor = divisor
        reciprocal = UInt.max / divisor
    }

    /// Exact for all numbers: the estimate is too small by 1 at most, since the reciprocal is by less than 1 + 2⁻⁶⁴ (and by
    /// exactly 1 where 2⁶⁴ / divisor is whole).
    @inlinable @inline(__always)
    func quotientAndRemainder(dividing number: UInt) -> (quotient: UInt, remainder: UInt) {
        let estimate = number.multipliedFullWidth(by: reciprocal).high
        let rest = number &- estimate &* divisor
        return rest >= divisor ? (estimate &+ 1, rest &- divisor) : (estimate, rest)
    }
}
