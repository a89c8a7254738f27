import BackpressureTesting
import BoundedQueues
import Testing

@testable import FlowControl

@Suite("Flow-control signals", .timeLimit(.minutes(3)))
struct FlowSignalsTests {
    private let clock = ManualClock(nanoseconds: 1_000)

    @Test("Levels are ordered by how much they restrict")
    func order() {
        let levels: [FlowLevel] = [.resume, .throttle(0.9), .throttle(0.1), .pause]
        #expect(levels.shuffled().sorted() == levels)
        #expect(levels.max() == .pause)
    }

    @Test("A throttle that restricts nothing is a resume, one to nothing a pause")
    func normalization() {
        #expect(FlowSignal(.throttle(1)).level == .resume)
        #expect(FlowSignal(.throttle(7)).level == .resume)
        #expect(FlowSignal(.throttle(0)).level == .pause)
        #expect(FlowSignal(.throttle(-1)).level == .pause)
        #expect(FlowSignal(.throttle(1e-9)).level != .pause)
        #expect(FlowSignal(.throttle(1 - 1e-9)).level != .resume)
        #expect(abs(FlowSignal(.throttle(0.3)).level.factor - 0.3) < 1e-5)
    }

    @Test("The most restrictive consumer decides, and its reason is given")
    func strictest() {
        let signals = FlowSignals()
        let consumers = (0..<3).map { _ in signals.makeConsumer() }
        #expect(signals.signal == .resume)
        consumers[0].set(.throttle(0.5), reason: .latency)
        consumers[1].set(.pause, reason: .dependency)
        consumers[2].set(.throttle(0.2), reason: .load)
        #expect(signals.level == .pause)
        #expect(signals.signal == FlowSignal(.pause, reason: .dependency))
        consumers[1].withdraw()
        #expect(signals.signal == FlowSignal(.throttle(0.2), reason: .load))
        consumers[2].set(.resume)
        #expect(signals.signal == FlowSignal(.throttle(0.5), reason: .latency))
        consumers[0].set(.resume)
        #expect(!signals.isRestricted)
        #expect(signals.statistics().consumers == 3)
    }

    @Test("A consumer that is let go of restricts nothing any more")
    func letGo() {
        let signals = FlowSignals()
        var consumer: FlowConsumer? = signals.makeConsumer()
        consumer?.set(.pause, reason: .other("an error"))
        #expect(signals.level == .pause)
        consumer = nil
        #expect(signals.level == .resume)
        #expect(signals.statistics().consumers == 0)
    }

    @Test("Saying the same again changes nothing")
    func sameAgain() {
        let signals = FlowSignals()
        let consumer = signals.makeConsumer()
        let other = signals.makeConsumer()
        for _ in 0..<5 { consumer.set(.throttle(0.5)) }
        other.set(.throttle(0.8))
        #expect(signals.statistics().changes == 1)
    }

    @Test("Nothing restricted, permission is given at once, to a cancelled task too")
    func freePermission() async throws {
        let signals = FlowSignals(clock: clock)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await signals.permission()
        }
        try await task.value
        #expect(signals.statistics().delayed == 0)
    }

    @Test(
        "At half its pace a producer waits one interval more for each publish, at a quarter three, at most the longest"
    )
    func throttling() async throws {
        let signals = FlowSignals(interval: .milliseconds(1), longestDelay: .milliseconds(10), clock: clock)
        let consumer = signals.makeConsumer()
        for (factor, delay) in [(0.5, 1_000_000), (0.25, 3_000_000), (0.001, 10_000_000)] as [(Double, UInt64)] {
            consumer.set(.throttle(factor))
            let before = signals.statistics()
            let publish = Task { try await signals.permission() }
            await clock.waitForSleepers(1)
            // What the share loses by being kept in 16 bits.
            clock.advance(byNanoseconds: delay - delay / 100)
            #expect(clock.sleeperCount == 1)
            clock.advance(byNanoseconds: delay / 50)
            try await publish.value
            #expect(signals.statistics().delayed == before.delayed + 1)
            #expect(signals.statistics().delayedNanoseconds - before.delayedNanoseconds >= delay)
        }
    }

    @Test("A delay ends when producers may resume, and becomes a pause when they are paused")
    func changeWhileDelayed() async throws {
        let signals = FlowSignals(interval: .milliseconds(1), clock: clock)
        let consumer = signals.makeConsumer()
        consumer.set(.throttle(0.5))
        let first = Task { try await signals.permission() }
        await clock.waitForSleepers(1)
        consumer.set(.resume)
        try await first.value

        consumer.set(.throttle(0.5))
        let second = Task { try await signals.permission() }
        await clock.waitForSleepers(1)
        consumer.set(.pause)
        clock.advance(by: .seconds(1))
        for _ in 0..<100 { await Task.yield() }
        #expect(signals.statistics().delayed == 1)
        consumer.set(.resume)
        try await second.value
        #expect(signals.statistics().delayed == 2)
    }

    @Test(
        "A producer that is cancelled during a pause or a delay throws, and nothing is left behind",
        arguments: [0, 0.5]
    )
    func cancellation(factor: Double) async {
        let signals = FlowSignals(clock: clock)
        let consumer = signals.makeConsumer()
        consumer.set(.throttle(factor))
        let publish = Task { try await signals.permission() }
        publish.cancel()
        await #expect(throws: CancellationError.self) { try await publish.value }
        #expect(clock.sleeperCount == 0)
        #expect(signals.statistics().delayed == 0)
    }

    @Test("A thread waits out a pause")
    func thread() async {
        let signals = FlowSignals(clock: clock)
        let consumer = signals.makeConsumer()
        consumer.set(.pause)
        await withCheckedContinuation { done in
            onThread {
                signals.permissionBlocking()
                done.resume()
            }
            consumer.set(.resume)
        }
        #expect(signals.level == .resume)
    }

    @Test("Changes begin with what holds, and give the newest, not a backlog")
    func changes() async {
        let signals = FlowSignals()
        let consumer = signals.makeConsumer()
        var changes = signals.changes.makeAsyncIterator()
        #expect(await changes.next() == .resume)
        consumer.set(.throttle(0.5))
        consumer.set(.pause)
        consumer.set(.throttle(0.25), reason: .latency)
        #expect(await changes.next() == FlowSignal(.throttle(0.25), reason: .latency))
        let waiting = Task { () -> FlowSignal? in
            var changes = signals.changes.makeAsyncIterator()
            _ = await changes.next()
            return await changes.next()
        }
        waiting.cancel()
        #expect(await waiting.value == nil)
    }
}

@Suite("Signals from a queue's depth", .timeLimit(.minutes(3)))
struct DepthSignalTests {
    @Test("Pauses from the high watermark down to the low one, and throttles between on the way up")
    func hysteresis() {
        var watermarks = DepthWatermarks(low: 0.5, high: 0.9, slowest: 0.1)
        func level(_ depth: Int) -> FlowLevel { watermarks.signal(depth: depth, capacity: 100).level }
        #expect(level(0) == .resume)
        #expect(level(50) == .resume)
        let rising = (51..<90).map { level($0) }
        #expect(rising == rising.sorted())
        #expect(rising.allSatisfy { $0 > .resume && $0 < .pause })
        #expect(Set(rising).count == 16)
        #expect(abs(rising.last!.factor - 0.1) < 1e-4)
        #expect(level(90) == .pause)
        #expect(level(89) == .pause)
        #expect(level(51) == .pause)
        #expect(level(50) == .resume)
        #expect(level(51) < .pause)
    }

    @Test("Without throttling there are two levels")
    func twoLevels() {
        var watermarks = DepthWatermarks(low: 0.25, high: 0.75, slowest: nil)
        let levels = [0, 2, 5, 6, 3, 2, 5].map { watermarks.signal(depth: $0, capacity: 8).level }
        #expect(levels == [.resume, .resume, .resume, .pause, .pause, .resume, .resume])
    }

    @Test("The signal follows the queue, with its depth as the reason")
    func follows() async {
        let signals = FlowSignals()
        let depth = DepthSignal(signals.makeConsumer())
        let queue = RingQueue<Int>(capacity: 10)
        for element in 0..<9 { _ = queue.tryPush(element) }
        await depth.update(from: queue)
        #expect(signals.signal == FlowSignal(.pause, reason: .depth(9, of: 10)))
        for _ in 0..<5 { _ = queue.tryPop() }
        depth.update(queue.statistics())
        #expect(signals.signal == .resume)
    }

    @Test("Where nobody else updates it, it reads the queue at intervals, until it is cancelled")
    func intervals() async {
        let clock = ManualClock()
        let signals = FlowSignals()
        let depth = DepthSignal(signals.makeConsumer())
        let queue = MutexQueue<Int>(capacity: 2)
        let run = Task { await depth.run(every: .milliseconds(5), queue: queue, clock: clock) }
        await clock.waitForSleepers(1)
        _ = queue.tryPush(1)
        _ = queue.tryPush(2)
        #expect(signals.level == .resume)
        clock.advance(by: .milliseconds(5))
        await clock.waitForSleepers(1)
        #expect(signals.level == .pause)
        run.cancel()
        await run.value
    }
}
