import BackpressureMonitoring
import BackpressureTesting
import BoundedQueues
import CircuitBreakers
import FlowControl
import Logging
import RateLimiters
import Testing

@Suite("Probes", .timeLimit(.minutes(3)))
struct ProbeTests {
    private let clock = ManualClock()

    @Test("A breaker's strain grows with its failures, and is 1 while it is open; what it refuses is turned away")
    func breaker() async {
        var settings = CircuitBreakerSettings()
        settings.minimumCalls = 10
        let breaker = MutexCircuitBreaker(settings, clock: clock)
        let probe: Probe = .breaker(breaker)
        #expect(
            await probe.gauges()
                == Gauges(kind: "breaker", departed: 0, turnedAway: 0, offered: 0, strain: 0, state: "closed")
        )
        func call(_ outcome: CallOutcome) {
            if let permit = breaker.tryAcquire().permit { breaker.record(permit, outcome) }
        }
        for _ in 0..<6 { call(.success) }
        for _ in 0..<2 { call(.failure) }
        #expect(await probe.gauges().strain == 0.5)
        for _ in 0..<5 { call(.failure) }
        let open = await probe.gauges()
        #expect(open.state == "open")
        #expect(open.strain == 1)
        #expect(open.departed == 12)
        #expect(open.turnedAway == 1)
        #expect(open.offered == 13)
        breaker.disable()
        #expect(await probe.gauges().strain == nil)
    }

    @Test("An open breaker that refuses calls is overloaded: its strain and what it turns away agree")
    func openBreakerIsOverloaded() async {
        let breaker = MutexCircuitBreaker(clock: clock)
        let monitor = LagMonitor(clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        monitor.watch("db", .breaker(breaker))
        #expect(await monitor.read().level == .healthy)
        breaker.forceOpen()
        clock.advance(by: .seconds(1))
        #expect(await monitor.read().level == .healthy)
        for _ in 0..<5 { _ = breaker.tryAcquire() }
        clock.advance(by: .seconds(1))
        let snapshot = await monitor.read()
        #expect(snapshot.level == .overloaded)
        #expect(snapshot.findings.map(\.description) == ["breaker 'db' turns away 100 % of what is offered, 2.5/s"])
    }

    @Test("A limit says how much of it is in use and who waits")
    func limit() async {
        let limit = MutexSemaphore(limit: 4)
        let probe: Probe = .limit(limit)
        _ = limit.tryAcquire(3)
        _ = limit.tryAcquire(2)
        let gauges = await probe.gauges()
        #expect(gauges.kind == "limit")
        #expect(gauges.utilization == 0.75)
        #expect(gauges.depth == 0)
        #expect(gauges.strain == 0)
        let waiting = Task { try await limit.acquire(2) }
        while limit.statistics().waiting == 0 { await Task.yield() }
        #expect(await probe.gauges().depth == 1)
        #expect(await probe.gauges().strain == 0.25)
        limit.release(3)
        _ = await waiting.result
    }

    @Test("A controller counts what it has in hand as inside, until it is delivered")
    func controller() async throws {
        let controller = WatermarkController(queue: MutexQueue<Int>(capacity: 10), clock: clock) { _ in .delivered }
        let probe: Probe = .controller(controller)
        for number in 0..<9 { _ = await controller.push(number) }
        let full = await probe.gauges()
        #expect(full.kind == "controller")
        #expect(full.depth == 9)
        #expect(full.capacity == 10)
        #expect(full.arrived == 9)
        #expect(full.departed == 0)
        #expect(full.state == "critical")
        try await controller.drain()
        let drained = await probe.gauges()
        #expect(drained.depth == 0)
        #expect(drained.departed == 9)
        #expect(drained.state == "drained")
    }

    @Test("Signals are strained by how far they slow down")
    func signals() async {
        let signals = FlowSignals()
        let probe: Probe = .signals(signals)
        #expect(await probe.gauges() == Gauges(kind: "signals", strain: 0, state: "resume"))
        let consumer = signals.makeConsumer()
        consumer.set(.throttle(0.25))
        #expect(abs((await probe.gauges().strain ?? 0) - 0.75) < 1e-4)
        #expect(await probe.gauges().state == "throttle")
        consumer.set(.pause)
        #expect(await probe.gauges() == Gauges(kind: "signals", strain: 1, state: "pause"))
    }

    @Test("Limiters tell of their refusals, or of how far they have gone down")
    func limiters() async {
        let keyed = KeyedTokenBucket<Int, ManualClock>(
            rate: .perSecond(1),
            burst: 2,
            maximumKeys: 10,
            clock: clock
        )
        for _ in 0..<5 { _ = keyed.tryAcquire(1, for: 7) }
        #expect(
            await (.limiter(keyed) as Probe).gauges()
                == Gauges(kind: "limiter", departed: 2, turnedAway: 3, offered: 5)
        )
        let adaptive = AdaptiveRateLimiter(controller: LagController(bounds: 10...1_000), burst: .fixed(10)) {
            LockFreeTokenBucket(rate: $0, burst: $1)
        }
        let probe: Probe = .limiter(adaptive, highest: 1_000)
        #expect(await probe.gauges() == Gauges(kind: "limiter", strain: 0))
        await adaptive.adjust(200_000)
        #expect(abs((await probe.gauges().strain ?? 0) - 0.9) < 1e-6)
    }

    @Test("Dead letters wait like elements of a queue")
    func deadLetters() async {
        let letters = DeadLetterQueue<Int>(limit: 2)
        for number in 0..<3 {
            _ = letters.accept(DeadLetter(number, reason: .circuitOpen, attempts: 0, nanoseconds: 0))
        }
        _ = letters.take(upTo: 1)
        #expect(
            await (.deadLetters(letters) as Probe).gauges()
                == Gauges(kind: "dead letters", depth: 1, capacity: 2, arrived: 2, departed: 1, turnedAway: 1)
        )
    }
}
