import BackpressureTesting
import ConcurrencySupport
import Testing

@testable import BackpressureMonitoring

/// A counter of ``LatencyRecorder`` on a model word.
@Suite("Counts that are taken away in every schedule", .timeLimit(.minutes(3)))
struct CountExplorationTests {
    /// Two threads record, and a third takes what they have, twice.
    private func explore(taking take: @escaping (ModelWord) -> UInt) -> ExplorationReport {
        ScheduleExplorer(preemptions: 3, staleReads: 2).explore { exploration in
            let word = ModelWord(at: exploration.words(1))
            for _ in 0..<2 {
                exploration.thread {
                    word.addRelaxed(1)
                    word.addRelaxed(1)
                }
            }
            let taken = exploration.thread("reader") { take(word) + take(word) }
            exploration.check {
                let counted = taken.value + take(word)
                exploration.expect(counted == 4, "\(counted) of 4 were counted")
            }
        }
    }

    @Test("What is recorded meanwhile is in that reading or the next, and in one of them only")
    func nothingIsLost() {
        let report = explore { $0.takeCount() }
        #expect(report.passed, "\(report)")
    }

    @Test("Counts that are read and cleared in two steps are found to be lost")
    func twoSteps() {
        let report = explore { word in
            let count = word.loadRelaxed()
            if count != 0 { word.storeRelaxed(0) }
            return count
        }
        #expect(!report.passed)
    }
}
