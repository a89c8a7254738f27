import BackpressureTesting
import CircuitBreakers
import Testing

@Suite("A caller on an actor that calls through a circuit breaker", .timeLimit(.minutes(5)))
struct CallersActorTests {
    private struct Fault: Error {}

    static let families: [(name: String, make: @Sendable () -> any CircuitBreaker)] = [
        ("lock-free", { LockFreeCircuitBreaker(clock: ManualClock()) }),
        ("mutex", { MutexCircuitBreaker(clock: ManualClock()) }),
    ]

    @Test("doesn't leave it, whether the call returns, throws or is refused", arguments: families.indices)
    func stays(family: Int) async {
        let breaker = Self.families[family].make()
        let jobs = await CountedActor().jobs { actor in
            let result = try? await breaker.run {
                actor.assertIsolated()
                return 42
            }
            #expect(result == 42)
            _ = try? await breaker.run {
                actor.assertIsolated()
                throw Fault()
            }
            await breaker.forceOpen()
            _ = try? await breaker.run { Issue.record("the call was made") }
            actor.assertIsolated()
        }
        #expect(jobs == 0)
        let counts = await breaker.statistics()
        #expect(counts.succeeded == 1 && counts.failed == 1)
    }

    @Test("leaves it for a breaker that is an actor, which is what is counted here")
    func leaves() async {
        let breaker = ActorCircuitBreaker(clock: ManualClock())
        #expect(await CountedActor().jobs { _ in _ = try? await breaker.run { 42 } } > 0)
    }
}
