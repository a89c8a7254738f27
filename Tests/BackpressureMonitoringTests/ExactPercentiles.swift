/// Percentiles by sorting, which is what the monitor must agree with and must not do.
struct ExactPercentiles {
    let sorted: [UInt64]

    init(_ values: [UInt64]) { sorted = values.sorted() }

    /// The smallest value that at least `share` of all are no larger than.
    func value(at share: Double) -> UInt64 {
        let rank = Int((share * Double(sorted.count)).rounded(.up))
        return sorted[max(1, rank) - 1]
    }
}
