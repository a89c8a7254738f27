import BackpressureMonitoring
import BackpressureTesting
import CircuitBreakers
import ConcurrencySupport
import InMemoryLogging
import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import Testing

/// A circuit breaker as a user may write one: opened and closed by hand. All it needs is public.
private final class HandSwitch: CircuitBreaker {
    private let counts = Lock(CircuitBreakerStatistics())
    private let board = ChangeBoard(CircuitBreakerChange(state: .closed, generation: 1, nanoseconds: 0))

    deinit { board.finish() }

    var changes: CircuitBreakerChanges { board.changes }
    func nanoseconds() -> UInt64 { 0 }

    func enter(_ state: CircuitState) {
        let change = counts.withLock { counts in
            counts.state = state
            counts.generation += 1
            return CircuitBreakerChange(state: state, generation: counts.generation, nanoseconds: 0)
        }
        board.publish(change)
    }

    func tryAcquire() async -> CallPermission {
        counts.withLock { counts in
            guard counts.state == .closed else {
                counts.refused += 1
                return .refused(retryAfterNanoseconds: nil)
            }
            return .permitted(CallPermit(generation: counts.generation, startNanoseconds: 0))
        }
    }

    func record(_ permit: CallPermit, _ outcome: CallOutcome) async {
        await record(permit, outcome, durationNanoseconds: 0)
    }

    func record(_ permit: CallPermit, _ outcome: CallOutcome, durationNanoseconds: UInt64) async {
        counts.withLock { counts in
            if outcome == .success { counts.succeeded += 1 } else { counts.failed += 1 }
        }
    }

    func cancel(_ permit: CallPermit) async { counts.withLock { $0.cancelled += 1 } }
    func state() async -> CircuitState { counts.withLock(\.state) }
    func statistics() async -> CircuitBreakerStatistics { counts.withLock { $0 } }
    func forceOpen() async { enter(.forcedOpen) }
    func disable() async { enter(.disabled) }
    func reset() async { enter(.closed) }
}

@Suite("Log of a circuit breaker's changes", .timeLimit(.minutes(3)))
struct BreakerLogTests {
    private let log = InMemoryLogHandler()

    private func service(_ breaker: some CircuitBreaker) -> BreakerLog {
        let log = log
        return BreakerLog("payments", breaker, logger: Logger(label: "test") { _ in log })
    }

    private func logged(_ count: Int) async -> InMemoryLogHandler.Entry? {
        while log.entries.count < count { await Task.yield() }
        return log.entries.count == count ? log.entries.last : nil
    }

    @Test("Each change of one's own breaker is logged once, an opening as a warning, until the breaker is gone")
    func usersBreaker() async {
        var breaker: HandSwitch? = HandSwitch()
        let task = Task { [service = service(breaker!)] in await service.run() }
        let first = await logged(1)
        #expect(first?.level == .info)
        #expect(first?.metadata == ["name": "payments", "state": "closed"])
        var before = CircuitState.closed
        for (index, state) in [CircuitState.open, .halfOpen, .open, .closed].enumerated() {
            breaker!.enter(state)
            let entry = await logged(index + 2)
            #expect(entry?.level == (state == .open ? .warning : .notice))
            #expect(entry?.metadata["from"] == "\(before)")
            #expect(entry?.metadata["to"] == "\(state)")
            #expect(entry?.metadata["missed"] == "0")
            before = state
        }
        breaker = nil
        await task.value
        #expect(log.entries.count == 5)
    }

    @Test("A breaker of the package is logged too, until a graceful shutdown begins")
    func shutdown() async {
        let breaker = MutexCircuitBreaker(CircuitBreakerSettings(), clock: ManualClock())
        let service = service(breaker)
        await testGracefulShutdown { trigger in
            async let running: Void = service.run()
            _ = await logged(1)
            breaker.forceOpen()
            #expect(await logged(2)?.metadata["to"] == "\(CircuitState.forcedOpen)")
            trigger.triggerGracefulShutdown()
            await running
        }
        breaker.reset()
        #expect(log.entries.count == 2)
    }
}
