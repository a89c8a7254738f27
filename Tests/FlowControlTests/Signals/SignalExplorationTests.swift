import BackpressureTesting
import BoundedQueues
import ConcurrencySupport
import Testing

@testable import FlowControl

/// The word, lock and line of the signals on model words, and tasks that wait for them in many orders.
@Suite("Signals in every schedule")
struct SignalExplorationTests {
    /// Two consumers that each pause and let go again, and a thread that waits for the moment when nobody restricts.
    private static func play<Word: AtomicWord>(
        _ word: Word.Type,
        consumers: Int,
        _ exploration: Exploration
    ) {
        let latest = LatestValue<FlowRegistry, Word>(FlowRegistry(), memory: exploration.words(2))
        let handles = (0..<consumers).map { _ in latest.change { ($0.add(), false) } }
        for id in handles { latest.change { ((), $0.set(FlowSignal(.pause), for: id)) } }
        for (number, id) in handles.enumerated() {
            exploration.thread("consumer \(number + 1)") {
                latest.change { ((), $0.set(.resume, for: id)) }
            }
        }
        exploration.thread("producer") {
            while latest.stamp.tag == 0 {
                let stamp = latest.stamp
                if stamp.tag != 0 { break }
                _ = latest.changedBlocking(since: stamp, untilNanoseconds: nil)
            }
        }
        exploration.check {
            let (registry, stamp) = latest.read()
            exploration.expect(stamp.tag == registry.tag, "the word says \(stamp.tag), the value \(registry.tag)")
            exploration.expect(stamp.tag == FlowLevel.fullPace, "a signal that was withdrawn still holds")
        }
    }

    @Test("The newest signal reaches a waiting producer, whoever sets it and when", arguments: [1, 2])
    func newest(consumers: Int) {
        let explorer = ScheduleExplorer(preemptions: consumers == 1 ? 3 : 2, staleReads: 2)
        let report = explorer.explore { Self.play(ModelWord.self, consumers: consumers, $0) }
        #expect(report.passed, "\(report)")
    }

    /// A mutant of the hub: what holds is reckoned and written in two steps, without the lock between them.
    private static func lostUpdate(_ exploration: Exploration) {
        let memory = exploration.words(3)
        let levels = (0..<2).map { ModelWord(at: memory + $0 * 8) }
        let combined = ModelWord(at: memory + 16)
        for number in 0..<2 {
            exploration.thread("consumer \(number + 1)") {
                levels[number].storeSequentiallyConsistent(1)
                let strictest = max(levels[0].loadSequentiallyConsistent(), levels[1].loadSequentiallyConsistent())
                combined.storeSequentiallyConsistent(strictest)
                levels[number].storeSequentiallyConsistent(0)
                let last = max(levels[0].loadSequentiallyConsistent(), levels[1].loadSequentiallyConsistent())
                combined.storeSequentiallyConsistent(last)
            }
        }
        exploration.check {
            exploration.expect(combined.loadSequentiallyConsistent() == 0, "a signal that was withdrawn still holds")
        }
    }

    @Test("A hub that reckons and writes in two steps is found to keep a signal that was withdrawn")
    func lostUpdateIsFound() throws {
        let report = ScheduleExplorer(preemptions: 2).explore(Self.lostUpdate)
        #expect(try #require(report.failure, "\(report)").message == "a signal that was withdrawn still holds")
    }

    @Test("Producers that wait for permission all go on after the last change, or are cancelled")
    func permissions() {
        let report = TaskExplorer(schedules: 300, seed: 7).explore { exploration in
            let clock = ManualClock()
            let signals = FlowSignals(clock: clock)
            let consumers = [signals.makeConsumer(), signals.makeConsumer()]
            consumers[0].set(.pause)
            let producers = (0..<3).map { number in
                exploration.task("producer \(number + 1)") {
                    (try? await signals.permission()) != nil
                }
            }
            for (number, consumer) in consumers.enumerated() {
                exploration.task("consumer \(number + 1)") {
                    for level in [FlowLevel.throttle(0.5), .pause, .throttle(0.25), .resume] {
                        consumer.set(level)
                        await Task.yield()
                    }
                }
            }
            exploration.task("canceller") {
                await Task.yield()
                producers[2].cancel()
            }
            exploration.check {
                exploration.expect(producers[0].value && producers[1].value, "a permission was refused")
                exploration.expect(clock.sleeperCount == 0, "a timer was left behind")
            }
        }
        #expect(report.passed, "\(report)")
    }

    @Test("Whoever follows the changes ends up with the last, in every order")
    func changes() {
        let report = TaskExplorer(schedules: 300, seed: 8).explore { exploration in
            let signals = FlowSignals()
            let consumer = signals.makeConsumer()
            let seen = exploration.task("producer") {
                var seen: [FlowLevel] = []
                for await signal in signals.changes {
                    seen.append(signal.level)
                    if signal.reason == .shutDown { break }
                }
                return seen
            }
            exploration.task("consumer") {
                for step in 1...4 {
                    consumer.set(.throttle(1 - Double(step) / 8))
                    await Task.yield()
                }
                consumer.set(.pause, reason: .shutDown)
            }
            exploration.check {
                // Let go of any sooner, it would have withdrawn its signal.
                consumer.withdraw()
                exploration.expect(seen.value.last == .pause, "the last signal never came")
                exploration.expect(seen.value == seen.value.sorted(), "\(seen.value) is out of order")
            }
        }
        #expect(report.passed, "\(report)")
    }

    /// A queue that others change between its reading and the reader's next step.
    private struct SlowlyReadQueue: BoundedQueue {
        let base: MutexQueue<Int>
        var capacity: Int { base.capacity }
        var policy: OverflowPolicy { base.policy }

        func push(_ element: Int) async -> PushResult<Int> { await base.push(element) }
        func pop() async -> Int? { await base.pop() }
        func tryPush(_ element: Int) async -> PushResult<Int> { base.tryPush(element) }
        func tryPop() async -> Int? { base.tryPop() }
        func close() async { base.close() }
        func statistics() async -> QueueStatistics {
            let statistics = base.statistics()
            await Task.yield()
            return statistics
        }
    }

    @Test("Of two depths read at the same time the one whose reading was begun last decides")
    func depths() {
        let report = TaskExplorer(schedules: 400, seed: 9).explore { exploration in
            let signals = FlowSignals()
            let depth = DepthSignal(signals.makeConsumer())
            let queue = SlowlyReadQueue(base: MutexQueue(capacity: 2))
            exploration.task("producer") {
                for element in 0..<2 {
                    _ = await queue.push(element)
                    await depth.update(from: queue)
                }
            }
            exploration.task("consumer") {
                for _ in 0..<2 {
                    _ = await queue.pop()
                    await depth.update(from: queue)
                }
            }
            exploration.check {
                // Let go of any sooner, it would have withdrawn its signal.
                defer { withExtendedLifetime(depth) {} }
                exploration.expect(
                    signals.level == .resume,
                    "the queue is empty, and its producers at \(signals.level)"
                )
            }
        }
        #expect(report.passed, "\(report)")
    }
}
