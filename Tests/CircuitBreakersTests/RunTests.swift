import BackpressureTesting
import CircuitBreakers
import Testing

/// Calls that are made through a breaker, by all families.
@Suite("Calls through a circuit breaker", .timeLimit(.minutes(5)))
struct RunTests {
    private enum Fault: Error, Hashable {
        case remote
        case callers
    }

    private let clock = ManualClock(nanoseconds: 7)

    private func breakers(
        _ change: (inout CircuitBreakerSettings) -> Void = { _ in }
    ) -> [any CircuitBreaker] {
        var settings = CircuitBreakerSettings()
        settings.consecutiveFailures = 1
        settings.failureRate = nil
        settings.successesToClose = 2
        change(&settings)
        return [
            MutexCircuitBreaker(settings, clock: clock), ActorCircuitBreaker(settings, clock: clock),
            LockFreeCircuitBreaker(settings, clock: clock),
        ]
    }

    @Test("A result is passed on and counts as a success")
    func success() async throws {
        for breaker in breakers() {
            let result = try await breaker.run { 42 }
            #expect(result == 42)
            #expect(await breaker.statistics().succeeded == 1)
        }
    }

    @Test("An error is passed on in its own type and counts as a failure; the next call is refused and not made")
    func failure() async {
        for breaker in breakers() {
            let error = await #expect(throws: CircuitBreakerError<Fault>.self) {
                try await breaker.run { () async throws(Fault) in throw .remote }
            }
            #expect(error == .failed(.remote))
            let refusal = await #expect(throws: CircuitBreakerError<Fault>.self) {
                try await breaker.run { () async throws(Fault) in Issue.record("the call was made") }
            }
            #expect(refusal == .open(CircuitOpen(retryAfterNanoseconds: 5_000_000_000)))
        }
    }

    @Test("Refusals and errors are told apart by type")
    func catching() async {
        let breaker = LockFreeCircuitBreaker(clock: clock)
        for isHeldOpen in [false, true] {
            if isHeldOpen { breaker.forceOpen() }
            do {
                try await breaker.run { throw Fault.remote }
            } catch {
                switch error {
                case .open(let open): #expect(isHeldOpen && open.retryAfterNanoseconds == nil)
                case .failed(let error): #expect(!isHeldOpen && error as? Fault == .remote)
                }
            }
        }
    }

    @Test("A refusal is known as one whatever throws it, other errors aren't")
    func refusals() {
        let open = CircuitOpen(retryAfterNanoseconds: 5)
        let nested = CircuitBreakerError<CircuitBreakerError<Fault>>.failed(.open(open))
        for error: any Error in [open, CircuitBreakerError<Fault>.open(open), nested] {
            #expect(CircuitOpen(error) == open)
        }
        #expect(CircuitOpen(Fault.remote) == nil)
        #expect(CircuitOpen(CircuitBreakerError.failed(Fault.remote)) == nil)
    }

    @Test("The predicate says which errors count")
    func verdicts() async {
        for breaker in breakers() {
            for verdict: ErrorVerdict in [.success, .ignored] {
                let judging = { (_: Fault) in verdict }
                _ = try? await breaker.run(judging: judging) { () async throws(Fault) in throw .callers }
            }
            let statistics = await breaker.statistics()
            #expect(statistics.succeeded == 1 && statistics.cancelled == 1 && statistics.state == .closed)
        }
    }

    @Test("A cancelled probe gives its place back, whatever it throws")
    func cancelledProbe() async throws {
        for breaker in breakers() {
            _ = try? await breaker.run { throw Fault.remote }
            clock.advance(by: .seconds(5))
            for thrown: any Error in [CancellationError(), Fault.remote] {
                let task = Task { [clock] in
                    try await breaker.run {
                        do { try await clock.sleep(untilNanoseconds: .max) } catch { throw thrown }
                    }
                }
                await clock.waitForSleepers(1)
                #expect(await breaker.tryAcquire().permit == nil, "there is a place for one probe")
                task.cancel()
                await #expect(throws: CircuitBreakerError<any Error>.self) { try await task.value }
                #expect(await breaker.state() == .halfOpen)
            }
            for _ in 0..<2 { try await breaker.run {} }
            #expect(await breaker.state() == .closed)
        }
    }

    @Test("A predicate that counts cancellation opens the breaker with it")
    func countedCancellation() async {
        for breaker in breakers() {
            let judging = { (_: any Error) in ErrorVerdict.failure }
            _ = try? await breaker.run(judging: judging) { throw CancellationError() }
            #expect(await breaker.state() == .open)
        }
    }

    @Test("A call that takes too long is slow, by the breaker's clock")
    func slowCall() async throws {
        let breakers = breakers {
            $0.consecutiveFailures = nil
            $0.slowCallRate = 1
            $0.slowCallDuration = .nanoseconds(100)
            $0.minimumCalls = 1
        }
        for breaker in breakers {
            try await breaker.run { clock.advance(byNanoseconds: 100) }
            #expect(await breaker.state() == .closed)
            try await breaker.run { clock.advance(byNanoseconds: 101) }
            #expect(await breaker.state() == .closed, "one slow call of two")
            await breaker.reset()
            try await breaker.run { clock.advance(byNanoseconds: 101) }
            #expect(await breaker.state() == .open)
        }
    }

    @Test("On a thread a call is made and recorded likewise")
    func blocking() {
        let breaker = MutexCircuitBreaker(clock: clock)
        #expect((try? breaker.runBlocking { 42 }) == 42)
        #expect(throws: CircuitBreakerError.failed(Fault.remote)) {
            try breaker.runBlocking { () throws(Fault) in throw .remote }
        }
        #expect(throws: CircuitBreakerError.failed(Fault.callers)) {
            let judging = { (_: Fault) in ErrorVerdict.ignored }
            try breaker.runBlocking(judging: judging) { () throws(Fault) in throw .callers }
        }
        #expect(breaker.statistics().succeeded == 1 && breaker.statistics().failed == 1)
        #expect(breaker.statistics().cancelled == 1)
        breaker.forceOpen()
        #expect(throws: CircuitBreakerError<Fault>.open(CircuitOpen(retryAfterNanoseconds: nil))) {
            try breaker.runBlocking { () throws(Fault) in Issue.record("the call was made") }
        }
    }

    @Test("An element is delivered, dead-lettered with its reason, or returned where the sink is full")
    func elements() async {
        for breaker in breakers() {
            let sink = DeadLetterQueue<String>(limit: 2)
            guard case .delivered(3) = await breaker.run("one", orTo: sink, { $0.count }) else {
                Issue.record("it was not delivered")
                return
            }
            _ = await breaker.run("two", orTo: sink) { _ async throws(Fault) in throw .remote }
            _ = await breaker.run("three", orTo: sink) { _ in }
            guard case .returned(let letter) = await breaker.run("four", orTo: sink, { _ in }) else {
                Issue.record("it was not returned although the sink is full")
                return
            }
            #expect(letter.element == "four" && letter.reason == .circuitOpen)
            let now = clock.nanoseconds()
            #expect(
                sink.take() == [
                    DeadLetter("two", reason: .failed("remote"), attempts: 1, nanoseconds: now),
                    DeadLetter("three", reason: .circuitOpen, attempts: 0, nanoseconds: now),
                ]
            )
        }
    }
}
