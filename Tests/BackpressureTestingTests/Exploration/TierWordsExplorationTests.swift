import BackpressureTesting
import ConcurrencySupport
import Testing

@testable import BoundedQueues

/// The counters of the lock-free priority queue, on model words.
@Suite("Bound of the priority queue in every schedule")
struct TierWordsExplorationTests {
    /// Two producers that each reserve a place, and take out again what they put in.
    private static func play<Word: AtomicWord>(_ word: Word.Type, capacity: Int) -> ExplorationReport {
        // As many threads as there are places, and one more: with more of them there is more to choose at each step.
        ScheduleExplorer(preemptions: capacity == 1 ? 2 : 1).explore { exploration in
            let words = Shared(TierWords<Word>(capacity: capacity, overload: .never, ageingLimit: 4))
            let inside = ModelWord(at: exploration.words(1)).named("inside")
            let entered = (0...capacity).map { number in
                let tier = PriorityTier.allCases[number % PriorityTier.allCases.count]
                return exploration.thread {
                    guard case .reserved = words.value.reserve(tier) else { return false }
                    let others = Int(inside.fetchAddRelaxed(1))
                    exploration.expect(others < capacity, "\(others + 1) are inside a queue of \(capacity)")
                    words.value.announce(tier)
                    let takes = words.value.taken.loadSequentiallyConsistent()
                    inside.addRelaxed(0 &- 1)
                    words.value.count(takenFrom: tier, after: takes)
                    return true
                }
            }
            exploration.check {
                exploration.expect(entered.contains { $0.value }, "an empty queue let nobody in")
                exploration.expect(!words.value.isClosedOrNotEmpty, "something is left")
            }
        }
    }

    private final class Shared<Word: AtomicWord> {
        let value: TierWords<Word>

        init(_ value: consuming TierWords<Word>) { self.value = value }
    }

    @Test("No more are inside than there are places", arguments: [1, 2])
    func bound(capacity: Int) {
        let report = Self.play(ModelWord.self, capacity: capacity)
        #expect(report.passed, "\(report)")
    }

    @Test("A queue that reserves by a look and a store lets one too many in")
    func checkThenAct() throws {
        let failure = try #require(Self.play(WeakenedWord<CheckThenAct>.self, capacity: 1).failure)
        #expect(["2 are inside a queue of 1", "something is left"].contains(failure.message), "\(failure)")
        #expect(failure.execution <= 200, "\(failure)")
    }
}
