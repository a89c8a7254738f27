/// What the pairs of one figure come to, block by block.
struct PairBlocks {
    /// One for each block in which both sides have all their values, in order; above 1: the head is better.
    private(set) var ratios: [Double] = []
    /// Whether a block lacks something, or there is none.
    private(set) var isIncomplete = false

    init(_ rows: [PairRow]) {
        let blocks = Dictionary(grouping: rows, by: \.block).sorted { $0.key < $1.key }
        for (_, rows) in blocks {
            let ratios = rows.compactMap(\.goodness)
            guard ratios.count == rows.count, let ratio = Bootstrap.median(ratios) else {
                isIncomplete = true
                continue
            }
            self.ratios.append(ratio)
        }
        if ratios.isEmpty { isIncomplete = true }
    }
}

extension PairRow {
    /// Head over base so that above 1 is better; `nil`: one of them is missing or nothing.
    var goodness: Double? {
        guard let base, let head, base > 0, head > 0 else { return nil }
        let isLower = Metric.all.first { $0.name == metric }?.better == .lower
        return isLower ? base / head : head / base
    }
}
