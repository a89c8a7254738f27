import BackpressureTesting
import FlowControl
import Testing

@Suite("A caller on an actor that asks a concurrency limit", .timeLimit(.minutes(5)))
struct CallersActorTests {
    /// A limit of four.
    static let families: [(name: String, make: @Sendable () -> any ConcurrencyLimit)] = [
        ("lock-free", { LockFreeSemaphore(limit: 4) }),
        ("lock-free that counts", { LockFreeSemaphore(limit: 4, countsRequests: true) }),
        ("mutex", { MutexSemaphore(limit: 4) }),
        ("adaptive", { adaptive() }),
    ]

    static func adaptive() -> AdaptiveConcurrencyLimit<AIMDLimit, ManualClock> {
        AdaptiveConcurrencyLimit(algorithm: AIMDLimit(initial: 4), clock: ManualClock())
    }

    private nonisolated(nonsending) func ask(
        _ limit: any ConcurrencyLimit,
        _ weight: Int,
        timeout: Duration?
    ) async -> PermitError? {
        do throws(PermitError) {
            try await limit.acquire(weight, timeout: timeout)
            return nil
        } catch {
            return error
        }
    }

    @Test("doesn't leave it for permits that are there, for a refusal, or to give back", arguments: families.indices)
    func stays(family: Int) async {
        let limit = Self.families[family].make()
        let jobs = await CountedActor().jobs { actor in
            #expect(await limit.tryAcquire(1) == .granted)
            do { try await limit.acquire() } catch { Issue.record(error) }
            #expect(await ask(limit, 1, timeout: nil) == nil)
            #expect(await ask(limit, 1, timeout: .seconds(60)) == nil)
            #expect(await limit.tryAcquire(1) == .refused)
            #expect(await ask(limit, 1, timeout: .zero) == .timedOut)
            #expect(await ask(limit, 1_000_000, timeout: nil) == .exceedsLimit)
            await limit.release(4)
            actor.assertIsolated()
        }
        #expect(jobs == 0)
    }

    @Test("doesn't leave it to work under a permit, whether the work returns or throws", arguments: families.indices)
    func works(family: Int) async {
        let limit = Self.families[family].make()
        let jobs = await CountedActor().jobs { actor in
            for error in [nil, CancellationError()] {
                let works = try? await limit.withPermit(2) {
                    actor.assertIsolated()
                    if let error { throw error }
                    return true
                }
                #expect(works == (error == nil ? true : nil))
                actor.assertIsolated()
            }
        }
        #expect(jobs == 0)
        #expect(await limit.statistics().inUse == 0)
    }

    @Test("doesn't leave it for permits that measure")
    func measures() async {
        let limit = Self.adaptive()
        let jobs = await CountedActor().jobs { actor in
            do {
                limit.release(try await limit.acquirePermit(2))
                try await limit.withPermit { actor.assertIsolated() }
            } catch {
                Issue.record(error)
            }
        }
        #expect(jobs == 0)
    }

    @Test("is back on it after a wait", arguments: families.indices)
    func comesBack(family: Int) async {
        let limit = Self.families[family].make()
        let jobs = await CountedActor().jobs { actor in
            _ = await limit.tryAcquire(4)
            let release = Task.detached {
                while await limit.statistics().waiting == 0 { await Task.yield() }
                await limit.release(4)
            }
            #expect(await ask(limit, 1, timeout: nil) == nil)
            actor.assertIsolated()
            await release.value
        }
        #expect(jobs > 0)
    }

    @Test("leaves it for a semaphore that is an actor, which is what is counted here")
    func leaves() async {
        let semaphore = ActorSemaphore(limit: 4)
        #expect(await CountedActor().jobs { _ in _ = await semaphore.tryAcquire() } > 0)
        #expect(await CountedActor().jobs { _ in _ = await ask(semaphore, 1, timeout: nil) } > 0)
    }
}
