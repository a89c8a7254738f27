/// Rate and burst of all buckets of a table, as arithmetic, and how long that arithmetic may be used.
@usableFromInline
struct KeyedTerms: Sendable {
    @usableFromInline var algebra: TokenBucketAlgebra
    private var rate: Rate
    private var burst: Int
    /// The largest debt that a bucket can have, in units: a full bucket, or more after the burst was lowered.
    @usableFromInline var longestDebt: UInt64

    init(rate: Rate, burst: Int, originNanoseconds: UInt64) {
        self.rate = rate
        self.burst = burst
        algebra = TokenBucketAlgebra(rate: rate, burst: burst, originNanoseconds: originNanoseconds)
        longestDebt = algebra.tolerance
    }

    /// Whether counting must begin anew because the numbers are used up. A time before the origin counts as the origin.
    @inlinable @inline(__always)
    func areUsedUp(atNanoseconds now: UInt64) -> Bool {
        now > algebra.originNanoseconds && !algebra.covers(nanoseconds: now)
    }

    /// Counts from `now` on.
    mutating func restart(atNanoseconds now: UInt64) -> Conversion {
        update(rate: rate, burst: burst, atNanoseconds: now)
    }

    /// Changes rate and burst, counting from `now` on.
    mutating func update(rate: Rate, burst: Int, atNanoseconds now: UInt64) -> Conversion {
        let old = self
        self = KeyedTerms(rate: rate, burst: burst, originNanoseconds: now)
        return Conversion(from: old, to: self, atNanoseconds: now)
    }

    /// Arrival times from one set of terms to another, so that debts stay the same in permits.
    struct Conversion {
        private let oldNow: UInt64
        private let oldCost: UInt64
        private let longestDebt: UInt64
        private let newCost: UInt64
        private let newNow: UInt64

        init(from old: KeyedTerms, to new: KeyedTerms, atNanoseconds now: UInt64) {
            oldNow = old.units(atNanoseconds: now)
            oldCost = old.algebra.cost
            longestDebt = old.longestDebt
            newCost = new.algebra.cost
            newNow = new.units(atNanoseconds: now)
        }

        /// An arrival time in the new terms; rounded up, so that no debt gets smaller.
        func convert(_ arrival: UInt64) -> UInt64 {
            guard arrival > oldNow else { return newNow }
            let debt = min(arrival - oldNow, longestDebt)
            guard newCost != oldCost else { return newNow + debt }
            let product = debt.multipliedFullWidth(by: newCost)
            // Debts of many years are cut off where the numbers end.
            guard product.high < oldCost else { return newNow + (1 << 61) }
            let (quotient, remainder) = oldCost.dividingFullWidth(product)
            return newNow + min(quotient + (remainder > 0 ? 1 : 0), 1 << 61)
        }

        /// What a converted arrival time owes, in units.
        func debt(_ arrival: UInt64) -> UInt64 { arrival - newNow }
    }

    /// The clock's reading in units, also beyond the numbers' life.
    private func units(atNanoseconds now: UInt64) -> UInt64 {
        let elapsed = now > algebra.originNanoseconds ? now - algebra.originNanoseconds : 0
        let (high, low) = elapsed.multipliedFullWidth(by: algebra.wholeUnits)
        let fraction = elapsed.multipliedFullWidth(by: algebra.fractionalUnits).high
        let (units, overflow) = low.addingReportingOverflow(fraction)
        return high > 0 || overflow ? .max : units
    }
}
