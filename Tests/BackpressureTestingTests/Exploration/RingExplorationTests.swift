import BackpressureTesting
import ConcurrencySupport
import Testing

@testable import BoundedQueues

/// The real rings, on model words.
@Suite("Rings in every schedule")
struct RingExplorationTests {
    private static func explore<Word: AtomicWord>(_ scene: RingScene, _ word: Word.Type) -> ExplorationReport {
        scene.explorer.explore { scene.play(on: scene.shared(Word.self), in: $0) }
    }

    @Test(
        "A ring keeps order, bound and elements, and refuses only while others are busy",
        arguments: [
            RingScene(capacity: 1, producers: 1, consumers: 1, operations: 2, preemptions: 3),
            RingScene(capacity: 2, producers: 1, consumers: 1, operations: 3),
            RingScene(capacity: 1, producers: 2, consumers: 1, operations: 1, preemptions: 3),
            RingScene(capacity: 2, producers: 2, consumers: 1, operations: 2),
            RingScene(capacity: 1, producers: 1, consumers: 2, operations: 1, preemptions: 3),
            RingScene(capacity: 2, producers: 1, consumers: 2, operations: 2),
            RingScene(capacity: 1, producers: 2, consumers: 2, operations: 1, staleReads: 0),
            RingScene(capacity: 2, producers: 2, consumers: 2, operations: 1, staleReads: 0),
        ]
    )
    func relaxed(scene: RingScene) {
        let report = Self.explore(scene, ModelWord.self)
        #expect(report.passed, "\(scene): \(report)")
    }

    @Test("At capacity 2 the relaxed ring says empty though a push has ended: not linearizable")
    func falseEmpty() throws {
        let scene = RingScene(capacity: 2, producers: 2, consumers: 1, operations: 1, isStrict: true)
        let failure = try #require(Self.explore(scene, ModelWord.self).failure)
        #expect(failure.message == "no queue would do this")
        #expect(failure.interleaving.count < 60, "\(failure)")
    }

    @Test(
        "A strict ring is linearizable",
        arguments: [
            RingScene(capacity: 2, producers: 2, consumers: 1, operations: 1, consistency: .strict, isStrict: true),
            RingScene(capacity: 1, producers: 1, consumers: 2, operations: 1, consistency: .strict, isStrict: true),
            RingScene(capacity: 2, producers: 1, consumers: 1, operations: 3, consistency: .strict, isStrict: true),
        ]
    )
    func strict(scene: RingScene) {
        let report = Self.explore(scene, ModelWord.self)
        #expect(report.passed, "\(scene): \(report)")
    }

    @Test(
        "What goes through a ring with a store keeps its place, and nothing is lost on the way",
        arguments: [
            RingScene(capacity: 1, producers: 1, consumers: 1, operations: 3, spills: true),
            RingScene(capacity: 1, producers: 2, consumers: 1, operations: 1, spills: true, preemptions: 3),
            RingScene(capacity: 1, producers: 1, consumers: 2, operations: 2, spills: true),
            RingScene(
                capacity: 1,
                producers: 1,
                consumers: 1,
                operations: 3,
                consistency: .strict,
                isStrict: true,
                spills: true
            ),
        ]
    )
    func spilling(scene: RingScene) {
        let report = Self.explore(scene, ModelWord.self)
        #expect(report.passed, "\(scene): \(report)")
    }

    @Test("A ring that doesn't look at its slots again under its store's lock lets what is there overtake")
    func hastyStore() throws {
        let scene = RingScene(capacity: 1, producers: 1, consumers: 1, operations: 2, spills: true)
        let report = scene.explorer.explore {
            scene.play(on: scene.queue(of: HastySlots(scene.slots(ModelWord.self))), in: $0)
        }
        let failure = try #require(report.failure, "\(report)")
        #expect(failure.message == "no queue would do this", "\(failure)")
        #expect(failure.execution <= 200, "\(failure)")
    }

    @Test(
        "The ring of one producer and one consumer is linearizable",
        arguments: [
            RingScene(capacity: 1, producers: 1, consumers: 1, operations: 2, isStrict: true, preemptions: 3),
            RingScene(capacity: 2, producers: 1, consumers: 1, operations: 4, isStrict: true),
        ]
    )
    func single(scene: RingScene) {
        let report = scene.explorer.explore { scene.play(on: scene.single(ModelWord.self), in: $0) }
        #expect(report.passed, "\(scene): \(report)")
    }

    @Test("A ring that publishes relaxed, or looks without acquiring, is found to race for its elements")
    func orderings() throws {
        let scene = RingScene(capacity: 1, producers: 1, consumers: 1, operations: 2)
        let failures = [
            Self.explore(scene, WeakenedWord<WithoutRelease>.self).failure,
            Self.explore(scene, WeakenedWord<WithoutAcquire>.self).failure,
            scene.explorer.explore { scene.play(on: scene.single(WeakenedWord<WithoutRelease>.self), in: $0) }.failure,
            scene.explorer.explore { scene.play(on: scene.single(WeakenedWord<WithoutAcquire>.self), in: $0) }.failure,
        ]
        for failure in failures {
            let failure = try #require(failure)
            #expect(failure.message.contains("data race"), "\(failure)")
            #expect(failure.execution <= 20, "\(failure)")
        }
    }

    @Test("A ring that claims slots by a look and a store gives one to two producers")
    func checkThenAct() throws {
        let scene = RingScene(capacity: 2, producers: 2, consumers: 1, operations: 1)
        let failure = try #require(Self.explore(scene, WeakenedWord<CheckThenAct>.self).failure)
        #expect(failure.execution <= 200, "\(failure)")
    }

    @Test("What a single-producer ring says it has passed never goes back, as laps end meanwhile", arguments: [1, 2])
    func counts(capacity: Int) {
        let scene = RingScene(capacity: capacity, producers: 1, consumers: 1, operations: 2)
        let report = ScheduleExplorer().explore { exploration in
            let queue = scene.single(ModelWord.self)
            let pushed = exploration.thread("producer") { UInt64((0..<2).count { queue.tryPush($0).isAccepted }) }
            // Nobody pops from the larger one: its producer ends a lap anyway, and there are fewer schedules.
            let popped = exploration.thread("consumer") {
                UInt64((0..<(capacity == 1 ? 2 : 0)).count { _ in queue.tryPop() != nil })
            }
            let seen = exploration.thread("observer") { [queue.slots.counts, queue.slots.counts] }
            exploration.check {
                let counts = seen.value + [queue.slots.counts, (pushed.value, popped.value)]
                for (earlier, later) in zip(counts, counts.dropFirst()) {
                    exploration.expect(
                        earlier.pushed <= later.pushed && earlier.popped <= later.popped
                            && later.popped <= later.pushed,
                        "\(counts)"
                    )
                }
            }
        }
        #expect(report.passed, "\(report)")
    }
}
