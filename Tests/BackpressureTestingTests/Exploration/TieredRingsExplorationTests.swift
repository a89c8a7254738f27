import BackpressureTesting
import ConcurrencySupport
import Testing

@testable import BoundedQueues

/// ``RingPriorityQueue`` as a whole, its rings with the counters that they share, on model words.
@Suite("The lock-free priority queue in every schedule")
struct TieredRingsExplorationTests {
    /// Threads that each push elements of some tiers, and others that each pop so often.
    struct Scene: Sendable, CustomStringConvertible {
        var capacity: Int
        var producers: [[PriorityTier]]
        var consumers: [Int]
        var preemptions = 2
        var staleReads = 1

        var description: String { "capacity \(capacity), \(producers) x \(consumers)" }

        var explorer: ScheduleExplorer { ScheduleExplorer(preemptions: preemptions, staleReads: staleReads) }

        func queue<Word: AtomicWord>(_ word: Word.Type) -> TieredRings<Int, Word> {
            TieredRings(capacity: capacity, overload: .never, ageingLimit: .max, clock: ManualClock())
        }
    }

    /// Operations that don't wait; their history is checked with what is left in the end.
    private static func attempt<Word: AtomicWord>(_ scene: Scene, _ word: Word.Type) -> ExplorationReport {
        scene.explorer.explore { exploration in
            let queue = scene.queue(Word.self)
            let pushes = scene.producers.enumerated().map { number, tiers in
                exploration.thread("producer \(number + 1)") {
                    tiers.enumerated().map { index, tier in
                        let element = 10 * number + index
                        return exploration.timed {
                            PriorityStep.push(
                                element,
                                tier,
                                accepted: queue.tryPush(element, priority: tier).isAccepted
                            )
                        }
                    }
                }
            }
            let pops = scene.consumers.enumerated().map { number, count in
                exploration.thread("consumer \(number + 1)") {
                    (0..<count).map { _ in exploration.timed { PriorityStep.pop(queue.tryPop()) } }
                }
            }
            exploration.check {
                var steps = (pushes + pops).flatMap(\.value)
                // All that is inside, as many as there is room for, and all of these.
                for _ in 0...scene.capacity { steps.append(exploration.timed { .pop(queue.tryPop()) }) }
                for element in 100...100 + scene.capacity {
                    steps.append(
                        exploration.timed {
                            .push(element, .low, accepted: queue.tryPush(element, priority: .low).isAccepted)
                        }
                    )
                }
                for _ in 0...scene.capacity { steps.append(exploration.timed { .pop(queue.tryPop()) }) }
                let history = ShortPriorityHistory(capacity: scene.capacity, steps)
                let words = steps.sorted { $0.called < $1.called }.map { "\($0.value)" }
                exploration.expect(history.isExplained, "no queue would do this: \(words.joined(separator: "; "))")
            }
        }
    }

    @Test(
        "Tiers keep their order, the queue its bound and elements; it refuses and takes out of turn only beside others",
        arguments: [
            Scene(capacity: 1, producers: [[.low, .critical]], consumers: [2]),
            Scene(capacity: 2, producers: [[.low, .low, .critical]], consumers: [2]),
            Scene(capacity: 1, producers: [[.low], [.critical]], consumers: [1]),
            Scene(capacity: 2, producers: [[.normal], [.normal]], consumers: [1]),
            Scene(capacity: 2, producers: [[.low, .high]], consumers: [1, 1], preemptions: 1),
        ]
    )
    func attempts(scene: Scene) {
        let report = Self.attempt(scene, ModelWord.self)
        #expect(report.passed, "\(scene): \(report)")
    }

    @Test("One that claims by a look and a store gives one slot to two; one that counts so loses an element")
    func inTwoSteps() throws {
        let scene = Scene(capacity: 2, producers: [[.normal], [.normal]], consumers: [1])
        for (report, message) in [
            (Self.attempt(scene, WeakenedWord<CheckThenAct>.self), "data race"),
            (Self.attempt(scene, WeakenedWord<LoadThenStore>.self), "no queue would do this"),
        ] {
            let failure = try #require(report.failure, "\(report)")
            #expect(failure.message.contains(message), "\(failure)")
            #expect(failure.execution <= 500, "\(failure)")
        }
    }

    @Test("One that publishes relaxed is found to race for its elements")
    func relaxedPublication() throws {
        let scene = Scene(capacity: 1, producers: [[.low]], consumers: [1])
        let failure = try #require(Self.attempt(scene, WeakenedWord<WithoutRelease>.self).failure)
        #expect(failure.message.contains("data race"), "\(failure)")
        #expect(failure.execution <= 100, "\(failure)")
    }

    /// Operations that park where they must wait.
    private static func relay<Word: AtomicWord>(_ scene: Scene, _ word: Word.Type) -> ExplorationReport {
        scene.explorer.explore { exploration in
            let queue = scene.queue(Word.self)
            for (number, tiers) in scene.producers.enumerated() {
                exploration.thread("producer \(number + 1)") {
                    for (index, tier) in tiers.enumerated() {
                        let isAccepted = queue.pushBlocking(10 * number + index, priority: tier).isAccepted
                        exploration.expect(isAccepted, "a push to an open queue was refused")
                    }
                }
            }
            let taken = scene.consumers.enumerated().map { number, count in
                exploration.thread("consumer \(number + 1)") {
                    (0..<count).map { _ -> Int in
                        if case .element(let next) = queue.popBlocking() { return next.element }
                        return -1
                    }
                }
            }
            exploration.check {
                let all = taken.flatMap(\.value).sorted()
                let expected = scene.producers.enumerated().flatMap { number, tiers in
                    tiers.indices.map { 10 * number + $0 }
                }
                exploration.expect(all == expected, "\(all) came out of \(expected)")
            }
        }
    }

    @Test(
        "Threads that push and pop through it, full and empty, are all woken",
        arguments: [
            Scene(capacity: 1, producers: [[.low, .critical]], consumers: [2]),
            Scene(capacity: 1, producers: [[.low], [.critical]], consumers: [2], preemptions: 1),
            Scene(capacity: 1, producers: [[.low, .low]], consumers: [1, 1], preemptions: 1),
        ]
    )
    func waiting(scene: Scene) {
        let report = Self.relay(scene, ModelWord.self)
        #expect(report.passed, "\(scene): \(report)")
    }

    @Test("Without the total order of its counters and its waiters' a wake-up is lost")
    func lostWakeUp() throws {
        let scene = Scene(capacity: 1, producers: [[.low, .critical]], consumers: [2], staleReads: 2)
        let report = Self.relay(scene, WeakenedWord<WithoutTotalOrder>.self)
        let failure = try #require(report.failure, "\(report)")
        #expect(failure.message.contains("deadlock"), "\(failure)")
    }
}
