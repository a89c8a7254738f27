import Testing

@testable import BoundedQueues

@Suite("Ageing")
struct AgeingTests {
    /// For each tier within how many takes it must be served; `nil`: it holds nothing.
    private typealias Remaining = [Int?]

    private func nextTier(_ remaining: Remaining) -> Int? {
        Ageing.nextTier(PerTier { remaining[$0.rawValue].map { UInt($0) } ?? .max })?.rawValue
    }

    @Test("Whatever comes and goes, no tier is ever late, and none goes early", arguments: 4...8)
    func exhaustively(limit: Int) {
        var seen: Set<Remaining> = [[nil, nil, nil, nil]]
        var open = Array(seen)
        while let state = open.popLast() {
            for arrivals in 0..<16 {
                var arrived = state
                for tier in 0..<4 where arrivals & 1 << tier != 0 && arrived[tier] == nil { arrived[tier] = limit }
                guard let served = nextTier(arrived) else {
                    #expect(arrived == [nil, nil, nil, nil])
                    continue
                }
                guard let remaining = arrived[served] else {
                    Issue.record("a tier without elements was chosen in \(arrived)")
                    return
                }
                let mostUrgent = arrived.firstIndex { $0 != nil }
                #expect(served == mostUrgent || remaining <= 3, "\(arrived)")
                for (tier, takes) in arrived.enumerated() where tier != served {
                    // Another take passes it over.
                    if let takes, takes <= 1 {
                        Issue.record("tier \(tier) is late in \(arrived)")
                        return
                    }
                    arrived[tier] = takes.map { $0 - 1 }
                }
                for after in [nil, limit] {
                    arrived[served] = after
                    if seen.insert(arrived).inserted { open.append(arrived) }
                }
            }
        }
        // All constellations of one tier's remaining takes come up, or the search has proven nothing.
        #expect(Set(seen.map { $0[3] }).count == limit + 1)
    }

    @Test("What is overdue goes first, the most urgent of it before the others")
    func overdue() {
        #expect(nextTier([5, 0, 0, 0]) == 1)
        #expect(nextTier([5, nil, 0, 0]) == 2)
        #expect(nextTier([9, 9, 9, 1]) == 3)
        #expect(nextTier([9, 9, 2, 2]) == 2)
        #expect(nextTier([9, 9, 9, 2]) == 0)
        #expect(nextTier([nil, nil, nil, nil]) == nil)
    }

    @Test("A limit below the number of tiers is refused")
    func leastLimit() async {
        await #expect(processExitsWith: .failure) { _ = MutexPriorityQueue<Int>(capacity: 1, ageingLimit: 3) }
        await #expect(processExitsWith: .failure) { _ = RingPriorityQueue<Int>(capacity: 1, ageingLimit: 3) }
    }
}
