import Testing

@testable import BackpressureBenchmark

@Suite("A caller's log")
struct CallerLogTests {
    private func events(_ log: CallerLog) -> [[UInt64]] {
        log.events[..<log.count].map { [$0.first, $0.last, $0.refusals] }
    }

    @Test("keeps refusals in a row as one span, up to the longest gap")
    func merging() {
        let gap = CallerLog.longestGapNanoseconds
        let log = CallerLog(capacity: 8)
        log.refused(at: 100)
        log.refused(at: 100 + gap)
        log.refused(at: 101 + 2 * gap)
        #expect(events(log) == [[100, 100 + gap, 2], [101 + 2 * gap, 101 + 2 * gap, 1]])
    }

    @Test("ends a span at a grant")
    func grants() {
        let log = CallerLog(capacity: 8)
        log.refused(at: 10)
        log.granted(before: 20, after: 25)
        log.refused(at: 30)
        log.refused(at: 40)
        #expect(events(log) == [[10, 10, 1], [20, 25, 0], [30, 40, 2]])
    }

    @Test("counts what finds no room, and goes on merging")
    func overflow() {
        let log = CallerLog(capacity: 1)
        log.refused(at: 10)
        log.refused(at: 20)
        #expect(log.overflow == 0)
        log.granted(before: 30, after: 31)
        log.granted(before: 40, after: 41)
        #expect(log.overflow == 2)
        #expect(events(log) == [[10, 20, 2]])
    }
}
