import BackpressureTesting
import ConcurrencySupport
import Testing

@testable import BoundedQueues

/// Threads that park beside the lock of ``MutexQueue``: the state behind the lock, the list and what connects them, on model
/// words.
@Suite("Threads that park beside a lock, in every schedule")
struct ParkedThreadsExplorationTests {
    /// How a consumer that finds nothing comes to park.
    private enum Parking {
        case byTheRules
        /// Counted as waiting, it doesn't look again.
        case withoutSecondLook
        /// It looks again, but lets operations go on without a look at who is parked.
        case withoutBeingNoticed
    }

    private final class Queue: Sendable {
        private let state: LockedQueueState<Int, ModelWord>
        private let effects: QueueEffects<Int>
        private let parking: Parking

        /// With one place.
        init(_ parking: Parking = .byTheRules) {
            state = LockedQueueState(SuspendingQueueState(capacity: 1, policy: .block, store: nil))
            effects = QueueEffects(capacity: 1, clock: ManualClock(), onDrop: nil)
            self.parking = parking
        }

        func push(_ element: Int) -> Bool { state.pushBlocking(element, timeout: nil, effects).isAccepted }

        func close() { state.close(effects) }

        func pop() -> Int? {
            if parking == .byTheRules { return state.popBlocking(timeout: nil, effects).element }
            var ticket = WaitTicket()
            while true {
                if let action = state.operate({ $0.popUnlessWaiting() }), let result = effects.perform(action) {
                    return result.element
                }
                _ = state.threads.consumers.park(ticket: &ticket, untilNanoseconds: nil) {
                    parking == .withoutBeingNoticed && state.withLock { !$0.isEmptyAndOpen }
                }
            }
        }
    }

    struct Scene: Sendable, CustomStringConvertible {
        /// What each of them pushes or pops.
        var producers: [Int]
        var consumers: [Int]
        var preemptions = 2

        var description: String { "\(producers) x \(consumers)" }
    }

    private static func relay(_ scene: Scene, _ parking: Parking = .byTheRules) -> ExplorationReport {
        ScheduleExplorer(preemptions: scene.preemptions).explore { exploration in
            let queue = Queue(parking)
            for (number, count) in scene.producers.enumerated() {
                exploration.thread("producer \(number + 1)") {
                    for index in 0..<count {
                        exploration.expect(queue.push(10 * number + index), "a push to an open queue was refused")
                    }
                }
            }
            let taken = scene.consumers.enumerated().map { number, count in
                exploration.thread("consumer \(number + 1)") { (0..<count).map { _ in queue.pop() ?? -1 } }
            }
            exploration.check {
                let all = taken.flatMap(\.value).sorted()
                let expected = scene.producers.enumerated().flatMap { number, count in
                    (0..<count).map { 10 * number + $0 }
                }
                exploration.expect(all == expected, "\(all) came out of \(expected)")
            }
        }
    }

    @Test(
        "Those that push and pop through a full and empty queue are all woken",
        arguments: [
            Scene(producers: [3], consumers: [3]),
            Scene(producers: [1, 1], consumers: [2]),
            Scene(producers: [2], consumers: [1, 1]),
            Scene(producers: [1, 1], consumers: [1, 1], preemptions: 1),
        ]
    )
    func waiting(scene: Scene) {
        let report = Self.relay(scene)
        #expect(report.passed, "\(scene): \(report)")
    }

    @Test("One that doesn't look again once it is counted, or isn't noticed by plain operations, sleeps for ever")
    func lostWakeUp() throws {
        let scene = Scene(producers: [1], consumers: [1])
        for report in [Self.relay(scene, .withoutSecondLook), Self.relay(scene, .withoutBeingNoticed)] {
            let failure = try #require(report.failure, "\(report)")
            #expect(failure.message.contains("deadlock: consumer 1 waits"), "\(failure)")
            #expect(failure.execution <= 100, "\(failure)")
        }
    }

    @Test("Closing the queue while threads push and pop lets everybody go, and no element is lost")
    func closing() {
        let report = ScheduleExplorer(preemptions: 2).explore { exploration in
            let queue = Queue()
            let accepted = exploration.thread("producer") { (1...2).filter { queue.push($0) } }
            let taken = exploration.thread("consumer") {
                var taken: [Int] = []
                while let element = queue.pop() { taken.append(element) }
                return taken
            }
            exploration.thread("closer") { queue.close() }
            exploration.check {
                exploration.expect(accepted.value == taken.value, "accepted \(accepted.value), taken \(taken.value)")
            }
        }
        #expect(report.passed, "\(report)")
    }
}
