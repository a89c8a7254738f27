import BoundedQueues
import Synchronization
import Testing

@testable import BackpressureBenchmark

@Suite("The registry")
struct RegistryTests {
    private static func queue(_ id: String) -> QueueImplementation {
        QueueImplementation(
            id: id,
            family: .other,
            summary: "a queue",
            policies: [.block],
            words: { QueueInstance(MutexQueue<UInt64>(capacity: $0.capacity)) },
            payloads: nil
        )
    }

    @Test("lists what is registered, in order, queues first")
    func order() {
        var registry = Registry()
        #expect(registry.ids.isEmpty)
        for limiter in Registry.builtIn.limiters.prefix(1) { registry.register(limiter) }
        registry.register(Self.queue("my-queue-2"))
        registry.register(Self.queue("a"))
        #expect(registry.ids == ["my-queue-2", "a", "token-bucket-mutex"])
    }

    @Test("holds what comes with the suite: every family, controls that must fail, and yardsticks")
    func builtIn() {
        let registry = Registry.builtIn
        #expect(Set(registry.ids).count == registry.ids.count)
        let needed = ["mutex", "actor", "ring", "unbounded", "token-bucket-mutex", "token-bucket-actor"]
        #expect(Set(needed + ["token-bucket-lockfree", "fixed-window"]).isSubset(of: registry.ids))
        for role in [Role.contender, .control, .yardstick] { #expect(registry.queues.contains { $0.role == role }) }
        let controls = registry.limiters.filter { $0.role == .control }
        #expect(controls.filter { $0.standing == .own }.map(\.id) == ["fixed-window"])
        #expect(controls.filter { $0.standing == .warning }.map(\.id) == ["actor-date", "sleep-interval"])
        let families: Set<Family> = [.mutex, .actor, .lockFree]
        #expect(families.isSubset(of: registry.queues.map(\.family)))
        #expect(families.isSubset(of: registry.limiters.map(\.family)))
    }

    @Test("holds circuit breakers and concurrency limits like the others, and counts their yardsticks as such")
    func callGuards() throws {
        let registry = Registry.builtIn
        let families: Set<Family> = [.mutex, .actor, .lockFree]
        #expect(families.isSubset(of: registry.breakers.map(\.family)))
        #expect(families.isSubset(of: registry.concurrencyLimits.map(\.family)))
        let yardsticks = ["null-breaker", "atomic-add-breaker", "null-semaphore", "atomic-add-semaphore"]
        #expect(Set(yardsticks).isSubset(of: registry.yardsticks))
        #expect(Set(registry.yardsticks).isSubset(of: registry.bystanders))
        #expect(!registry.bystanders.contains("breaker-lockfree"))
        #expect(Set(registry.breakers.map(\.id) + registry.concurrencyLimits.map(\.id)).isSubset(of: registry.ids))

        let calls = Samples.scenario("calls", .breaker(BreakerLoad(callers: 1)))
        let actor = try #require(registry.breakers.first { $0.family == .actor })
        #expect(actor.reasonAgainst(calls, driver: .threads) == "not driven by threads")
        #expect(actor.reasonAgainst(calls, driver: .tasks) == nil)
        var load = ConcurrencyLimitLoad(callers: 2, permits: 1)
        let limit = ConcurrencyLimitImplementation(
            id: "never-parks",
            family: .other,
            summary: "a semaphore that no thread can wait in",
            parksThreads: false,
            make: registry.concurrencyLimits[0].make
        )
        #expect(limit.reasonAgainst(Samples.scenario("try", .concurrencyLimit(load)), driver: .threads) == nil)
        load.asking = .wait
        let waiting = Samples.scenario("wait", .concurrencyLimit(load))
        #expect(limit.reasonAgainst(waiting, driver: .threads) == "no thread can wait in it")
        #expect(limit.reasonAgainst(waiting, driver: .tasks) == nil)
        #expect(limit.reasonAgainst(calls) == nil, "it isn't for its mechanism, so there is nothing to explain")
    }

    @Test("says why a queue can't take part in a load")
    func reasons() {
        let queue = Self.queue("mine")
        var load = Samples.queueLoad
        #expect(queue.reasonAgainst(load, driver: .threads) == nil)
        load.policy = .dropOldest
        #expect(queue.reasonAgainst(load, driver: .threads) == "no policy drop-oldest")
        (load.policy, load.payloadBytes) = (.block, 4_096)
        #expect(queue.reasonAgainst(load, driver: .threads) == "no elements of 4096 bytes")
        #expect(queue.make(for: load, drops: DropCounter()) == nil)
        let actor = Registry.builtIn.queues.first { $0.id == "actor" }
        #expect(actor?.reasonAgainst(Samples.queueLoad, driver: .threads) == "not driven by threads")
        #expect(actor?.reasonAgainst(Samples.queueLoad, driver: .tasks) == nil)
        let null = Registry.builtIn.queues.first { $0.id == "null-queue" }
        load = Samples.queueLoad
        load.arrival = .poisson(ratePerSecond: 1)
        #expect(null?.reasonAgainst(load, driver: .threads) != nil)
    }

    @Test("has an actor to compare with that is a queue: it keeps its bound and the order")
    func bareActor() async {
        let queue = BareActorQueue<UInt64>(capacity: 2)
        #expect(await queue.push(1).isAccepted)
        #expect(await queue.tryPush(2).isAccepted)
        #expect(await !queue.push(3).isAccepted)
        #expect(await queue.statistics().depth == 2)
        #expect(await queue.pop() == 1)
        #expect(await queue.tryPop() == 2)
        #expect(await queue.pop() == nil)
    }

    @Test("has no id that readers of CSV take for a value that is missing")
    func ids() {
        let words: Set = ["null", "nan", "na", "n/a", "none", "true", "false", "inf"]
        #expect(words.isDisjoint(with: Registry.builtIn.ids.map { $0.lowercased() }))
    }

    @Test("keeps a queue in which no thread can park out of loads where threads do")
    func parking() {
        var load = Samples.queueLoad
        load.waiting = .park
        #expect(PlainQueue.implementation().reasonAgainst(load, driver: .threads) == nil)
        let unbounded = Registry.builtIn.queues.first { $0.id == "unbounded" }
        #expect(unbounded?.reasonAgainst(load, driver: .threads) == "no thread can park in it")
        #expect(unbounded?.reasonAgainst(load, driver: .tasks) == nil, "tasks suspend in any")
        #expect(unbounded?.reasonAgainst(Samples.queueLoad, driver: .threads) == nil)
    }

    @Test("compares policies by their names, not by their numbers, and gives a queue what it needs for them")
    func policies() {
        var load = Samples.queueLoad
        load.policySettings = PolicySettings(sampleOneIn: 7, lowWatermark: 0.25)
        for policy in QueueLoad.Policy.allCases {
            load.policy = policy
            let made = Mutex<(OverflowPolicy, Int?)?>(nil)
            let queue = QueueImplementation(
                id: "able",
                family: .other,
                summary: "does everything",
                policies: QueueImplementation.everyPolicy,
                words: { setup in
                    made.withLock { $0 = (setup.policy, (setup.spillStore as? InMemorySpillStore<UInt64>)?.limit) }
                    return QueueInstance(MutexQueue<UInt64>(capacity: setup.capacity))
                },
                payloads: nil
            )
            #expect(queue.reasonAgainst(load, driver: .threads) == nil)
            #expect(queue.make(for: load, drops: DropCounter()) != nil)
            made.withLock {
                #expect($0?.0 == load.overflowPolicy)
                #expect($0?.1 == (policy == .spill ? load.policySettings.spillLimit : nil))
            }
        }
    }

    @Test("keeps a queue for few producers or consumers out of loads with more")
    func tooMany() {
        func reason(
            maxProducers: Int? = nil,
            maxConsumers: Int? = nil,
            _ change: (inout QueueLoad) -> Void
        ) -> String? {
            let queue = QueueImplementation(
                id: "narrow",
                family: .other,
                summary: "for few",
                maxProducers: maxProducers,
                maxConsumers: maxConsumers,
                words: { QueueInstance(MutexQueue<UInt64>(capacity: $0.capacity)) },
                payloads: nil
            )
            var load = Samples.queueLoad
            change(&load)
            return queue.reasonAgainst(load, driver: .threads)
        }
        #expect(reason { ($0.producers, $0.consumers) = (8, 8) } == nil)
        #expect(reason(maxProducers: 1) { ($0.producers, $0.consumers) = (1, 8) } == nil)
        #expect(reason(maxProducers: 1) { ($0.producers, $0.consumers) = (2, 1) } == "at most 1 producer")
        #expect(reason(maxConsumers: 1) { ($0.producers, $0.consumers) = (8, 1) } == nil)
        #expect(reason(maxConsumers: 1) { ($0.producers, $0.consumers) = (1, 2) } == "at most 1 consumer")
        #expect(reason(maxConsumers: 3) { ($0.producers, $0.consumers) = (1, 4) } == "at most 3 consumers")
        #expect(reason(maxProducers: 1) { ($0.arrival, $0.producers) = (.alternating, 2) } == nil)
    }

    @Test("says why a limiter can't take part in a load")
    func limiterReasons() {
        let real = LimiterImplementation(
            id: "real",
            family: .other,
            summary: "without a clock of ours",
            drivenByThreads: false,
            real: Registry.builtIn.limiters[0].real,
            virtual: nil
        )
        var load = Samples.limiterLoad
        #expect(real.reasonAgainst(load, driver: .tasks, section: .accuracy) == nil)
        #expect(real.reasonAgainst(load, driver: .threads, section: .accuracy) == "not driven by threads")
        load.clock = .virtual
        #expect(real.reasonAgainst(load, driver: .tasks, section: .accuracy) == "takes no clock")
        (load.clock, load.demand) = (.real, .waiting)
        let both = Registry.builtIn.limiters[0]
        #expect(both.reasonAgainst(load, driver: .threads, section: .accuracy) == "threads don't wait for permits")
        #expect(both.reasonAgainst(load, driver: .tasks, section: .accuracy) == nil)
    }

    @Test("takes no id that is empty")
    func emptyID() async {
        await #expect(processExitsWith: .failure) {
            var registry = Registry()
            registry.register(RegistryTests.queue(""))
        }
    }

    @Test("takes no id that wouldn't stand in a file name or a filter")
    func badID() async {
        await #expect(processExitsWith: .failure) {
            var registry = Registry()
            registry.register(RegistryTests.queue("My Queue"))
        }
    }

    @Test("takes no id twice, not even for a queue and a limiter")
    func duplicateID() async {
        await #expect(processExitsWith: .failure) {
            var registry = Registry()
            registry.register(RegistryTests.queue("token-bucket-mutex"))
            registry.register(Registry.builtIn.limiters[0])
        }
        await #expect(processExitsWith: .success) {
            var registry = Registry()
            registry.register(RegistryTests.queue("mine"))
            registry.register(Registry.builtIn.limiters[0])
        }
    }
}
