import BackpressureTesting
import ConcurrencySupport
import Testing

@testable import BoundedQueues

/// The real list of waiting threads, and the rings with threads parked behind them, on model words.
@Suite("Waiting in every schedule")
struct WaitExplorationTests {
    /// A thread that waits for a flag that another sets, by the two rules of the list.
    private static func wait<Word: AtomicWord>(
        _ word: Word.Type,
        looksAgain: Bool = true,
        _ exploration: Exploration
    ) {
        let memory = exploration.words(2)
        let flag = Word(at: memory)
        let list = WaitList(waitingWord: Word(at: memory + 8))
        exploration.thread("waiter") {
            var ticket = WaitTicket()
            while flag.loadSequentiallyConsistent() == 0 {
                _ = list.park(ticket: &ticket, untilNanoseconds: nil) {
                    looksAgain && flag.loadSequentiallyConsistent() != 0
                }
            }
        }
        exploration.thread("notifier") {
            flag.storeSequentiallyConsistent(1)
            if list.waitingWord.loadSequentiallyConsistent() != 0 { list.notifyOne() }
        }
    }

    @Test("A thread that parks by the rules is woken")
    func parking() {
        let report = ScheduleExplorer(preemptions: 3, staleReads: 2).explore { Self.wait(ModelWord.self, $0) }
        #expect(report.passed, "\(report)")
    }

    @Test("Without the second look before it parks, or without the total order, the wake-up is lost")
    func lostWakeUp() throws {
        let explorer = ScheduleExplorer(preemptions: 3, staleReads: 2)
        for report in [
            explorer.explore { Self.wait(ModelWord.self, looksAgain: false, $0) },
            explorer.explore { Self.wait(WeakenedWord<WithoutTotalOrder>.self, $0) },
        ] {
            let failure = try #require(report.failure, "\(report)")
            #expect(failure.message.contains("deadlock: waiter waits"), "\(failure)")
            #expect(failure.execution <= 300, "\(failure)")
        }
    }

    private static func relay<Slots: SlotSource & ~Copyable>(
        _ queue: SlotQueue<Int, Slots>,
        producers: Int,
        consumers: Int,
        elements: Int,
        _ exploration: Exploration
    ) {
        for producer in 0..<producers {
            exploration.thread("producer \(producer + 1)") {
                for element in 0..<elements {
                    let isAccepted = queue.pushBlocking(producer * 10 + element).isAccepted
                    exploration.expect(isAccepted, "a push to an open queue was refused")
                }
            }
        }
        let taken = (0..<consumers).map { consumer in
            exploration.thread("consumer \(consumer + 1)") {
                (0..<producers * elements / consumers).map { _ -> Int? in
                    if case .element(let element) = queue.popBlocking() { return element }
                    return nil
                }
            }
        }
        exploration.check {
            let all = taken.flatMap(\.value).map { $0 ?? -1 }.sorted()
            let expected = (0..<producers).flatMap { producer in (0..<elements).map { producer * 10 + $0 } }
            exploration.expect(all == expected, "\(all) came out of \(expected)")
        }
    }

    @Test("Threads that push and pop through a full and empty ring are all woken", arguments: [(1, 1), (2, 1), (1, 2)])
    func ring(producers: Int, consumers: Int) {
        let scene = RingScene(capacity: 1, producers: producers, consumers: consumers, operations: 2)
        let explorer = ScheduleExplorer(preemptions: producers + consumers > 2 ? 1 : 2)
        let report = explorer.explore {
            Self.relay(
                scene.shared(ModelWord.self),
                producers: producers,
                consumers: consumers,
                elements: producers + consumers > 2 && consumers == 1 ? 1 : 2,
                $0
            )
        }
        #expect(report.passed, "\(report)")
    }

    @Test("One producer and one consumer that park at their ring are woken")
    func single() {
        let scene = RingScene(capacity: 1, producers: 1, consumers: 1, operations: 2)
        let report = ScheduleExplorer().explore {
            Self.relay(scene.single(ModelWord.self), producers: 1, consumers: 1, elements: 2, $0)
        }
        #expect(report.passed, "\(report)")
    }

    private static func lostWakeUp<Kind: Weakness>(
        _ kind: Kind.Type,
        _ explorer: ScheduleExplorer = ScheduleExplorer(preemptions: 3, staleReads: 2)
    ) -> ExplorationReport {
        let scene = RingScene(capacity: 1, producers: 1, consumers: 1, operations: 2)
        return explorer.explore {
            Self.relay(scene.single(WeakenedWord<Kind>.self), producers: 1, consumers: 1, elements: 2, $0)
        }
    }

    @Test("Without a half of the pair of fences, or full ones for want of the pair, a wake-up at that ring is lost")
    func fences() throws {
        let reports = [
            Self.lostWakeUp(WithoutLightFences.self), Self.lostWakeUp(WithoutHeavyFences.self),
            Self.lostWakeUp(WithoutFullFences.self),
        ]
        for report in reports {
            let failure = try #require(report.failure, "\(report)")
            #expect(failure.message.contains("deadlock"), "\(failure)")
        }
    }

    @Test("Where the system has no heavy fence nobody at that ring is left asleep")
    func symmetricFences() {
        let report = Self.lostWakeUp(WithoutAsymmetry.self, ScheduleExplorer())
        #expect(report.passed, "\(report)")
    }

    @Test("Closing a ring while threads push and pop lets everybody go, and no element is lost")
    func closing() {
        let scene = RingScene(capacity: 1, producers: 1, consumers: 1, operations: 2)
        func play<Slots: SlotSource & ~Copyable>(_ queue: SlotQueue<Int, Slots>, _ exploration: Exploration) {
            let accepted = exploration.thread("producer") { (1...2).filter { queue.pushBlocking($0).isAccepted } }
            let taken = exploration.thread("consumer") {
                var taken: [Int] = []
                while case .element(let element) = queue.popBlocking() { taken.append(element) }
                return taken
            }
            exploration.thread("closer") { queue.close() }
            exploration.check {
                exploration.expect(accepted.value == taken.value, "accepted \(accepted.value), taken \(taken.value)")
            }
        }
        for report in [
            ScheduleExplorer(preemptions: 1).explore { play(scene.shared(ModelWord.self), $0) },
            ScheduleExplorer(preemptions: 1).explore { play(scene.single(ModelWord.self), $0) },
            ScheduleExplorer(preemptions: 1).explore { play(scene.single(WeakenedWord<WithoutAsymmetry>.self), $0) },
        ] {
            #expect(report.passed, "\(report)")
        }
    }
}
