import BoundedQueues
import Testing

@Suite("Tiers compare by urgency")
struct PriorityTierTests {
    @Test("Critical is above high, high above normal, normal above low")
    func order() {
        #expect(PriorityTier.critical > .high)
        #expect(PriorityTier.high > .normal)
        #expect(PriorityTier.normal > .low)
        #expect(PriorityTier.low < .critical)
        #expect([PriorityTier.normal, .critical, .low, .high].sorted() == [.low, .normal, .high, .critical])
    }

    @Test("The raw value goes the other way: it is the index from the most urgent one")
    func rawValue() {
        #expect(PriorityTier.allCases == [.critical, .high, .normal, .low])
        #expect(PriorityTier.allCases.map(\.rawValue) == [0, 1, 2, 3])
        #expect(PriorityTier.allCases == PriorityTier.allCases.sorted(by: >))
    }

    @Test("A value for each tier is found under its tier")
    func perTier() {
        var values = PerTier { $0.rawValue }
        #expect(values == PerTier(critical: 0, high: 1, normal: 2, low: 3))
        values[.normal] += 5
        #expect(values == PerTier(critical: 0, high: 1, normal: 7, low: 3))
    }
}

@Suite("The overload table sheds the less urgent tiers first")
struct OverloadTableTests {
    @Test("By default low is shed from 80 % on, normal from 90 %, high from 95 %, critical never")
    func standard() {
        let depths = PriorityTier.allCases.map { OverloadTable().sheddingDepth(of: $0, capacity: 100) }
        #expect(depths == [nil, 95, 90, 80])
        #expect(OverloadTable.beginning(at: 0.80).thresholds.low == 0.80)
        #expect(OverloadTable.beginning(at: 0.80) == OverloadTable())
    }

    @Test("Overload that begins elsewhere keeps the proportions")
    func beginning() {
        let table = OverloadTable.beginning(at: 0.5, action: .drop)
        #expect(table.thresholds == PerTier(critical: 1, high: 0.875, normal: 0.75, low: 0.5))
        #expect(table.action == .drop)
    }

    @Test("The depth is the least that reaches the threshold, rounding errors or not", arguments: 1...200)
    func exactDepth(capacity: Int) {
        for percent in 1...99 {
            let threshold = Double(percent) / 100
            let table = OverloadTable(low: threshold, normal: 1, high: 1)
            // In whole numbers: the least depth with depth × 100 ≥ percent × capacity.
            let expected = (percent * capacity + 99) / 100
            #expect(table.sheddingDepth(of: .low, capacity: capacity) == expected)
        }
    }

    @Test("A table that sheds nothing has no depths")
    func never() {
        for tier in PriorityTier.allCases { #expect(OverloadTable.never.sheddingDepth(of: tier, capacity: 10) == nil) }
    }

    @Test("A table that sheds a tier before a less urgent one is refused")
    func notMonotone() async {
        await #expect(processExitsWith: .failure) { _ = OverloadTable(low: 0.9, normal: 0.8, high: 0.95) }
        await #expect(processExitsWith: .failure) { _ = OverloadTable(low: 0.5, normal: 0.96, high: 0.95) }
        await #expect(processExitsWith: .failure) { _ = OverloadTable(low: 0, normal: 0.8, high: 0.95) }
        await #expect(processExitsWith: .failure) { _ = OverloadTable(low: 0.5, normal: 0.8, high: 1.01) }
        await #expect(processExitsWith: .failure) { _ = OverloadTable(low: .nan, normal: 0.8, high: 1) }
    }
}
