import BackpressureMonitoring
import BackpressureTesting
import Logging
import Testing

@Suite("Findings")
struct FindingTests {
    /// What is found after ten seconds in which so much came and went each second.
    private func findings(
        arriving: Int,
        leaving: Int,
        turnedAway: Int = 0,
        capacity: Int = 10_000,
        inside: Int = 0,
        bounds: LoadBounds = LoadBounds(lag: .seconds(60)),
        latency: Duration? = nil
    ) async -> [Finding] {
        let clock = ManualClock()
        let monitor = LagMonitor(clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let subject = Subject(capacity: capacity)
        subject.move(arrived: inside, departed: 0)
        let recorder = monitor.watch("orders", subject, bounds: bounds)
        await monitor.read()
        for _ in 0..<10 {
            clock.advance(by: .seconds(1))
            subject.move(arrived: arriving, departed: leaving, turnedAway: turnedAway)
            if let latency { recorder.record(latency) }
            await monitor.read()
        }
        return await monitor.read().findings
    }

    @Test("A queue that fills up says at which rate, and when it will be full")
    func filling() async {
        let found = await findings(arriving: 200, leaving: 80, capacity: 6_120)
        #expect(found.map(\.description) == ["queue 'orders' filling at 120/s, full in 41 s"])
        #expect(found.first?.sort == .filling)
    }

    @Test("A queue that will be full in a week isn't worth a word, nor one that empties or stays")
    func notFilling() async {
        #expect(await findings(arriving: 200, leaving: 199, capacity: 1_000_000_000).isEmpty)
        #expect(await findings(arriving: 100, leaving: 200, inside: 5_000).isEmpty)
        #expect(await findings(arriving: 200, leaving: 200, inside: 5_000).isEmpty)
    }

    @Test("A full queue says so, and what it turns away")
    func full() async {
        let found = await findings(arriving: 90, leaving: 90, turnedAway: 10, capacity: 50, inside: 50)
        #expect(
            found.map(\.description) == [
                "queue 'orders' full with 50", "queue 'orders' turns away 10 % of what is offered, 10/s",
            ]
        )
    }

    @Test("A consumer that does nothing is said to stand still, one that is slow to be behind")
    func behind() async {
        let still = await findings(arriving: 0, leaving: 0, inside: 7, bounds: LoadBounds(lag: .seconds(5)))
        #expect(still.map(\.description) == ["queue 'orders' stands still: 7 inside, none left for 10 s"])
        let slow = await findings(arriving: 10, leaving: 10, inside: 65, bounds: LoadBounds(lag: .seconds(5)))
        #expect(slow.map(\.description) == ["queue 'orders' is 6.5 s behind with 65, bound 5 s"])
    }

    @Test("Latency above its bound is told, and none without a bound")
    func slow() async {
        let bounds = LoadBounds(lag: .seconds(60), latency: .milliseconds(200))
        let found = await findings(arriving: 1, leaving: 1, bounds: bounds, latency: .milliseconds(256))
        #expect(found.map(\.sort) == [.slow])
        #expect(found.first?.description.contains("at p99, bound 200 ms") == true)
        #expect(await findings(arriving: 1, leaving: 1, latency: .seconds(9)).isEmpty)
    }
}
