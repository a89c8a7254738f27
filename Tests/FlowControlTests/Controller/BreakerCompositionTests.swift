import BackpressureTesting
import BoundedQueues
import CircuitBreakers
import ConcurrencySupport
import FlowControl
import Testing

@Suite("Flushing through a circuit breaker", .timeLimit(.minutes(3)))
struct BreakerCompositionTests {
    private let clock = ManualClock(nanoseconds: 1_000)

    private var settings: CircuitBreakerSettings {
        var settings = CircuitBreakerSettings()
        settings.consecutiveFailures = 2
        settings.wait = .seconds(2)
        settings.successesToClose = 1
        return settings
    }

    @Test(
        "A controller waits while its breaker is open, spends no attempt on it, and delivers all when the destination is back"
    )
    func controller() async throws {
        let clock = clock
        let breaker = MutexCircuitBreaker(settings, clock: clock)
        let sink = ScriptedSink(.refuse(Broken()), .refuse(Broken()))
        let letters = DeadLetterQueue<Int>(limit: 100)
        let controller = WatermarkController(
            queue: RingQueue<Int>(capacity: 16),
            pacing: .fixed(interval: .milliseconds(10), batch: 4),
            retry: RetryBackoff(attempts: 3, first: .milliseconds(1), longest: .milliseconds(2), jitter: 0),
            deadLetters: letters,
            clock: clock,
            sink: { batch in try await breaker.run { try await sink.flush(batch) } }
        )
        for element in 0..<10 { await controller.push(element) }
        async let driven: Void = drive(clock, every: .milliseconds(1)) { controller.state == .drained }
        try await controller.drain()
        await driven
        #expect(sink.delivered == Array(0..<10))
        #expect(clock.nanoseconds() >= 2_000_000_000)
        let statistics = await controller.statistics()
        // Two batches of which nothing was delivered; what the breaker refused is no attempt.
        #expect(statistics.failedAttempts == 8)
        #expect(statistics.failedFlushes > 2)
        #expect(statistics.deadLettered == 0)
        #expect(statistics.isBalanced)
    }

    @Test("A stage behind a breaker waits while it is open")
    func pipeline() async throws {
        let clock = clock
        let breaker = MutexCircuitBreaker(settings, clock: clock)
        let calls = Lock(0)
        let arrivals = Arrivals<Int>()
        let letters = PipelineLetters()
        let retry = RetryBackoff(attempts: 3, first: .milliseconds(1), longest: .milliseconds(2), jitter: 0)
        let pipeline = Pipeline.source(of: Int.self, deadLetters: letters, clock: clock)
            .sink("store", retry: retry) { number in
                try await breaker.run {
                    let call = calls.withLock { calls in
                        calls += 1
                        return calls
                    }
                    if call <= 2 { throw Broken() }
                    arrivals.add(number)
                }
            }
        for number in 0..<5 { await pipeline.push(number) }
        async let driven: Void = drive(clock, every: .milliseconds(1)) { await pipeline.statistics().inside == 0 }
        try await pipeline.drain()
        await driven
        #expect(arrivals.all == Array(0..<5))
        #expect(letters.letters.isEmpty)
        #expect(clock.nanoseconds() >= 2_000_000_000)
    }

    @Test("A letter names what the call threw, not the breaker around it")
    func reason() async throws {
        let clock = clock
        let breaker = MutexCircuitBreaker(CircuitBreakerSettings(), clock: clock)
        let letters = LetterBox()
        let controller = WatermarkController(
            queue: MutexQueue<Int>(capacity: 4),
            retry: .never,
            deadLetters: letters,
            clock: clock,
            sink: { _ in try await breaker.run { throw Broken() } }
        )
        await controller.push(1)
        async let driven: Void = drive(clock) { controller.state == .drained }
        try await controller.drain()
        await driven
        #expect(letters.letters.map(\.reason) == [.failed("Broken()")])
    }
}
