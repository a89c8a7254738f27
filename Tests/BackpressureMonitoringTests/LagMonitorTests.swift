import BackpressureTesting
import BoundedQueues
import InMemoryLogging
import Logging
import Testing

@testable import BackpressureMonitoring

@Suite("Lag monitor", .timeLimit(.minutes(3)))
struct LagMonitorTests {
    private let clock = ManualClock()
    private let log = InMemoryLogHandler()

    private func monitor(settings: MonitorSettings = .standard) -> LagMonitor {
        LagMonitor(settings: settings, clock: clock, logger: Logger(label: "monitor") { _ in log })
    }

    @Test("A queue of each family is watched by its statistics")
    func watchesQueues() async {
        await watch(MutexQueue<Int>(capacity: 8))
        await watch(ActorQueue<Int>(capacity: 8))
        await watch(RingQueue<Int>(capacity: 8))
    }

    private func watch(_ queue: some BoundedQueue<Int>) async {
        let monitor = monitor()
        monitor.watch("orders", .queue(queue))
        await monitor.read()
        for number in 0..<10 { _ = await queue.tryPush(number) }
        _ = await queue.tryPop()
        clock.advance(by: .seconds(2))
        let reading = await monitor.read()["orders"]
        #expect(reading?.gauges.depth == 7)
        #expect(reading?.gauges.capacity == 8)
        #expect(reading?.lagElements == 7)
        #expect(reading?.arrivalsPerSecond == 4)
        #expect(reading?.departuresPerSecond == 0.5)
        #expect(reading?.turnedAwayPerSecond == 1)
        #expect(reading?.utilization == 7.0 / 8)
        #expect(reading?.gauges.offered == 10)
    }

    @Test("A priority queue is watched as a whole and tier by tier")
    func watchesTiers() async {
        let queue = MutexPriorityQueue<Int>(capacity: 10)
        let monitor = monitor()
        monitor.watch("all", .queue(queue))
        monitor.watch("critical", .queue(queue, tier: .critical))
        monitor.watch("low", .queue(queue, tier: .low))
        for number in 0..<4 { _ = queue.tryPush(number, priority: .critical) }
        _ = queue.tryPush(9, priority: .low)
        let snapshot = await monitor.read()
        #expect(snapshot["all"]?.gauges.depth == 5)
        #expect(snapshot["critical"]?.gauges.depth == 4)
        #expect(snapshot["low"]?.gauges.depth == 1)
        #expect(snapshot["low"]?.indicators[.strain] == 0.5)
        #expect(snapshot.readings.map(\.name) == ["all", "critical", "low"])
        #expect(snapshot["none"] == nil)
    }

    @Test("A consumer that falls behind on a full queue is overloaded; once it has caught up it is healthy")
    func levelsFollowTheQueue() async {
        let queue = MutexQueue<Int>(capacity: 100)
        let monitor = monitor()
        monitor.watch("orders", .queue(queue))
        #expect(await monitor.read().level == .healthy)
        for number in 0..<100 { _ = queue.tryPush(number) }
        // Full, which is one indicator.
        #expect(await monitor.read().level == .healthy)
        clock.advance(by: .seconds(1))
        let late = await monitor.read()
        #expect(late.level == .overloaded)
        #expect(late["orders"]?.indicators[.occupancy] == 1)
        #expect(late["orders"]?.indicators[.lag] == 1)
        #expect(late.findings.map(\.sort) == [.full, .standingStill])
        while queue.tryPop() != nil {}
        clock.advance(by: .seconds(1))
        #expect(await monitor.read().level == .healthy)
    }

    @Test("Latency above its bound is an indicator like others")
    func latencyIsAnIndicator() async {
        let subject = Subject(capacity: 10)
        let monitor = monitor()
        let recorder = monitor.watch("orders", subject, bounds: LoadBounds(latency: .milliseconds(100)))
        subject.move(arrived: 8, departed: 0)
        #expect(await monitor.read().level == .healthy)
        for _ in 0..<99 { recorder.record(.milliseconds(75)) }
        recorder.record(.seconds(5))
        let snapshot = await monitor.read()
        #expect(snapshot.level == .degraded)
        #expect(snapshot["orders"]?.latency?.count == 100)
        #expect(snapshot["orders"]?.latency?.longest ?? .zero >= .seconds(5))
        for _ in 0..<10 { recorder.record(.milliseconds(150)) }
        #expect(await monitor.read()["orders"]?.indicators[.latency] ?? 0 >= 1.5)
    }

    @Test("Each change of level is logged once, however often it is read; so is each change of state")
    func changesAreLoggedOnce() async {
        let subject = Subject("breaker", capacity: 10)
        let monitor = monitor()
        monitor.watch("db", subject)
        for (state, depth) in [("closed", 0), ("closed", 0), ("open", 10), ("open", 10), ("open", 10), ("closed", 0)] {
            subject.set {
                $0.state = state
                $0.depth = depth
                $0.strain = Double(depth)
            }
            for _ in 0..<5 {
                clock.advance(by: .seconds(1))
                await monitor.read()
            }
        }
        let entries = log.entries.map { "\($0.level) \($0.message): \($0.metadata["from"]!) → \($0.metadata["to"]!)" }
        #expect(
            entries == [
                "warning load level changed: healthy → overloaded", "notice state changed: closed → open",
                "notice load level changed: overloaded → healthy", "notice state changed: open → closed",
            ]
        )
        #expect(log.entries.allSatisfy { $0.metadata["name"] == "db" && $0.metadata["kind"] == "breaker" })
    }

    @Test("Readings made side by side log and count each change once")
    func sideBySide() async {
        let subject = Subject(capacity: 10)
        let monitor = monitor()
        monitor.watch("orders", subject)
        await monitor.read()
        subject.set {
            $0.depth = 10
            $0.strain = 1
        }
        await withTaskGroup { group in
            for _ in 0..<20 { group.addTask { await monitor.read() } }
        }
        #expect(log.entries.count == 1)
    }

    @Test("Who is slow to follow gets the newest snapshot, and memory holds no others")
    func slowFollowersSkip() async {
        let subject = Subject(capacity: 1_000)
        let monitor = monitor()
        monitor.watch("orders", subject)
        var iterator = monitor.snapshots.makeAsyncIterator()
        for _ in 0..<50 {
            subject.move(arrived: 1, departed: 0)
            await monitor.read()
        }
        #expect(await iterator.next()?["orders"]?.gauges.depth == 50)
        subject.move(arrived: 1, departed: 0)
        await monitor.read()
        #expect(await iterator.next()?["orders"]?.gauges.depth == 51)
    }

    @Test("Who no longer follows is forgotten")
    func followersAreForgotten() async {
        let monitor = monitor()
        do {
            var iterators = (0..<3).map { _ in monitor.snapshots.makeAsyncIterator() }
            #expect(monitor.listenerCount == 3)
            await monitor.read()
            _ = await iterators[0].next()
        }
        #expect(monitor.listenerCount == 0)
    }

    @Test("What is watched no longer is in no snapshot, and its name can be used again")
    func stopWatching() async {
        let monitor = monitor()
        monitor.watch("orders", Subject())
        monitor.watch("mails", Subject())
        monitor.stopWatching("orders")
        monitor.stopWatching("orders")
        #expect(await monitor.read().readings.map(\.name) == ["mails"])
        monitor.watch("orders", Subject())
        #expect(await monitor.read().readings.map(\.name) == ["mails", "orders"])
    }

    @Test("Something watched twice under one name is a mistake")
    func namesAreUnique() async {
        await #expect(processExitsWith: .failure) {
            let monitor = LagMonitor(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            monitor.watch("orders", Subject())
            monitor.watch("orders", Subject())
        }
    }
}
