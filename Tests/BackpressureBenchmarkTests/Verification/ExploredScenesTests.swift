import BackpressureTesting
import ConcurrencySupport
import Testing

@testable import BackpressureBenchmark

@Suite("Explored schedules")
struct ExploredScenesTests {
    /// Two threads that add to a word, by an addition or by a look and a store.
    private func scenes(areRight: Bool) -> [ExploredScene] {
        let adding = ExploredScene(name: "2 threads that add", operations: 2, preemptions: 1) { exploration in
            let count = ModelWord(at: exploration.words(1))
            for _ in 0..<2 { exploration.thread { count.addSequentiallyConsistent(1) } }
            exploration.check { exploration.expect(count.loadRelaxed() == 2, "an addition was lost") }
        }
        let storing = ExploredScene(name: "2 threads that store", operations: 2, preemptions: 1) { exploration in
            let count = ModelWord(at: exploration.words(1))
            for _ in 0..<2 { exploration.thread { count.storeReleasing(count.loadAcquiring() + 1) } }
            exploration.check { exploration.expect(count.loadRelaxed() == 2, "an addition was lost") }
        }
        return areRight ? [adding] : [adding, storing]
    }

    private func outcome(areRight: Bool, only: VerificationCase? = nil) async throws -> VerificationOutcome {
        var effort = VerificationEffort(seed: 1, seconds: 0)
        effort.only = only
        let outcomes = await ExtraVerification.explored(scenes(areRight: areRight), heldTo: "sums").perform(effort)
        return try #require(outcomes.first)
    }

    @Test("pass what is right, with the schedules that were seen")
    func right() async throws {
        let outcome = try await outcome(areRight: true)
        #expect(outcome.verdict == .pass && outcome.schedules ?? 0 > 1)
        #expect(outcome.detail?.contains("2 threads that add, 1 preemptions") == true)
    }

    @Test("of a failure come again, exactly and alone")
    func replay() async throws {
        let failure = try await outcome(areRight: false)
        #expect(failure.verdict == .fail)
        let only = try #require(failure.replay?.only)
        #expect(only["scene"] == "2")
        // As it comes back from the command line.
        let typed: VerificationCase = try #require(VerificationCase(only.description))
        let again = try await outcome(areRight: false, only: typed)
        #expect(again.verdict == .fail && again.schedules == 1)
        func interleaving(_ outcome: VerificationOutcome) -> [Substring] {
            Array((outcome.detail ?? "").split(separator: "\n").dropFirst(2))
        }
        #expect(!interleaving(again).isEmpty && interleaving(again) == interleaving(failure))
    }

    @Test("that aren't there are no pass")
    func unknown() async throws {
        let only = VerificationCase(("scene", "9"), ("schedule", "-"))
        #expect(try await outcome(areRight: true, only: only).verdict == .vacuous)
    }
}

@Suite("Cases of checks")
struct VerificationCaseTests {
    @Test(
        "are read as they are written",
        arguments: ["capacity=2,producers=3,consumers=1", "scene=4,schedule=7>2 12~1"]
    )
    func reading(text: String) throws {
        #expect(try #require(VerificationCase(text)).description == text)
    }

    @Test("are refused if they aren't names and values", arguments: ["", "capacity", "=2", "capacity=", "a=1,"])
    func refusing(text: String) {
        #expect(VerificationCase(text) == nil)
    }

    @Test("include what they name")
    func including() {
        var effort = VerificationEffort(seed: 1, seconds: 0)
        #expect(effort.includes(capacity: 2, (1, 1)))
        effort.only = VerificationCase("capacity=2,producers=1,consumers=1")
        #expect(effort.includes(capacity: 2, (1, 1)) && !effort.includes(capacity: 2, (2, 1)))
        #expect(!effort.includes(promise: "closing"))
    }
}
