import Foundation

/// What the pairs of one figure come to, block by block.
///
/// A slice lasts two milliseconds. On a machine that gives those to somebody else nothing is counted in it, which says
/// nothing of either side: such a pair is left out, both of its slices, and told of. What never was measured is something
/// else and makes the comparison incomplete; and so do more such pairs than a machine explains, lest a side that hangs
/// passes by having its hangs left out.
struct PairBlocks {
    /// One for each complete block, in order; above 1: the head is better.
    private(set) var ratios: [Double] = []
    /// Why nothing may be said of them: a block lacks something, or there is none.
    private(set) var gap: Gap?
    private(set) var silent = SilentPairs()

    enum Gap: Equatable {
        case nothingMeasured
        /// A value is missing, or is no figure.
        case missing(block: Int)
        /// More pairs of the block counted nothing than can be left out of it.
        case silent(block: Int, pairs: Int, of: Int)
        /// In so many pairs only the head counted nothing, which doesn't happen by accident.
        case silentHead(SilentPairs)
    }

    /// Of a block's pairs, at most this share may be left out. The median of the others then lies between the 45th and
    /// the 55th percentile of all of them, whatever those would have been that are missing: an eighth of their standard
    /// deviation, if they are distributed normally.
    static let mostSilent = 0.1

    /// Had the machine alone to do with it, each side would have its share of the pairs in which one of them counted
    /// nothing, as of the tosses of a coin. So improbable a result (ten of ten, say) isn't put down to the machine.
    static let leastLuck = 0.001

    private enum Pair {
        case ratio(Double)
        case silent(SilentPairs)
        case missing
    }

    /// - Parameters:
    ///   - rows: of one figure.
    ///   - known: pairs of the same slices that counted nothing: a figure for each operation isn't to be had there.
    init(_ rows: [PairRow], silent known: [PairRow.Place: SilentPairs] = [:]) {
        var pairs = rows.map { row -> (block: Int, pair: Pair) in
            if let ratio = row.goodness { return (row.block, .ratio(ratio)) }
            return (row.block, (row.silent ?? known[row.place]).map(Pair.silent) ?? .missing)
        }
        let places = Set(rows.map(\.place))
        pairs += known.filter { !places.contains($0.key) }.map { ($0.key.block, .silent($0.value)) }
        for (block, pairs) in Dictionary(grouping: pairs, by: \.block).sorted(by: { $0.key < $1.key }) {
            add(pairs.map(\.pair), block)
        }
        if rows.isEmpty { gap = .nothingMeasured }
        if gap == nil, silent.luck < Self.leastLuck { gap = .silentHead(silent) }
    }

    private mutating func add(_ pairs: [Pair], _ block: Int) {
        var ratios: [Double] = []
        var silent = SilentPairs()
        for pair in pairs {
            switch pair {
            case .ratio(let ratio): ratios.append(ratio)
            case .silent(let pair): silent += pair
            case .missing: break
            }
        }
        self.silent += silent
        if ratios.count + silent.count < pairs.count {
            gap = gap ?? .missing(block: block)
        } else if Double(silent.count) > Self.mostSilent * Double(pairs.count) {
            gap = gap ?? .silent(block: block, pairs: silent.count, of: pairs.count)
        } else if let ratio = Bootstrap.median(ratios) {
            self.ratios.append(ratio)
        } else {
            // Numbers so far apart that their quotient is none.
            gap = gap ?? .missing(block: block)
        }
    }

    /// The pairs of each figure that `metrics` has, in the order of their names.
    static func all(_ pairs: [PairRow], of metrics: [String]) -> [(rows: [PairRow], blocks: PairBlocks)] {
        let silent = Dictionary(
            pairs.compactMap { row in row.silent.map { (row.place, $0) } },
            uniquingKeysWith: { first, _ in first }
        )
        return Dictionary(grouping: pairs.filter { metrics.contains($0.metric) }, by: \.label)
            .sorted { $0.key < $1.key }
            .map { _, rows in
                let subject = rows[0].place.subject
                return (rows, PairBlocks(rows, silent: silent.filter { $0.key.subject == subject }))
            }
    }

    /// That there were pairs that counted nothing; `nil`: there were none.
    var note: String? {
        silent.count == 0 ? nil : "\(silent) counted nothing and \(silent.count == 1 ? "was" : "were") left out"
    }
}

/// Pairs of slices in which nothing was counted.
struct SilentPairs: Equatable, CustomStringConvertible {
    var inBase = 0
    var inHead = 0
    var inBoth = 0

    var count: Int { inBase + inHead + inBoth }

    /// The probability that so many of them, or more, have a silent head and a base that isn't, if either side is as
    /// likely to be silent as the other.
    var luck: Double {
        let all = inBase + inHead
        return (inHead...all).reduce(0) { sum, heads in
            let ways = lgamma(Double(all) + 1) - lgamma(Double(heads) + 1) - lgamma(Double(all - heads) + 1)
            return sum + exp(ways - Double(all) * log(2))
        }
    }

    static func += (sum: inout Self, more: Self) {
        sum.inBase += more.inBase
        sum.inHead += more.inHead
        sum.inBoth += more.inBoth
    }

    var description: String {
        "\(count) pair\(count == 1 ? "" : "s") of slices (base \(inBase), head \(inHead), both \(inBoth))"
    }
}

extension PairBlocks.Gap: CustomStringConvertible {
    var description: String {
        switch self {
        case .nothingMeasured: "was measured in no block"
        case .missing(let block): "wasn't measured on both sides in every block: block \(block) lacks a figure"
        case .silent(let block, let pairs, let all):
            "counted nothing in \(pairs) of the \(all) pairs of block \(block): that is more than can be left out, so it "
                + "hangs, or the machine has no time for it"
        case .silentHead(let silent):
            "the head counted nothing in \(silent.inHead + silent.inBoth) slices, the base in "
                + "\(silent.inBase + silent.inBoth): that is no accident of the machine, so the head hangs at times"
        }
    }
}

extension PairRow {
    /// What a pair is of, whatever the figure.
    struct Place: Hashable {
        var subject: Subject
        var block: Int
        var slice: Int?
    }

    struct Subject: Hashable {
        var scenario: String
        var driver: Scenario.Driver
        var implementation: String
    }

    var place: Place {
        Place(
            subject: Subject(scenario: scenario, driver: driver, implementation: implementation),
            block: block,
            slice: slice
        )
    }

    /// Head over base so that above 1 is better; `nil`: one of them is missing, no figure, or nothing.
    var goodness: Double? {
        guard let base, let head, base > 0, head > 0, base.isFinite, head.isFinite else { return nil }
        let isLower = Metric.all.first { $0.name == metric }?.better == .lower
        return isLower ? base / head : head / base
    }

    /// That both sides were measured and nothing was counted on one of them, and on which; `nil`: it isn't so.
    var silent: SilentPairs? {
        guard metric == Metric.throughput.name, let base, let head, base.isFinite, head.isFinite else { return nil }
        switch (base == 0, head == 0) {
        case (true, true): return SilentPairs(inBoth: 1)
        case (true, false): return head > 0 ? SilentPairs(inBase: 1) : nil
        case (false, true): return base > 0 ? SilentPairs(inHead: 1) : nil
        case (false, false): return nil
        }
    }
}
