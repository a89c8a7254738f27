import BackpressureTesting
import BoundedQueues
import Testing

@testable import BackpressureBenchmark

// The peers are other people's work: what is tested is that the adapters lose nothing, keep each producer's order, end
// when they are closed, and don't hang when a task is cancelled. What a peer doesn't promise isn't asked of it.

/// A kind of peer, with what the tests must know of it.
struct PeerCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let maxConsumers: Int
    /// Whether an element can be inside while nobody waits for it.
    var holdsElements = true
    let make: @Sendable (_ capacity: Int) -> any BoundedQueue<Int>

    static let all: [PeerCase] = [
        PeerCase(testDescription: "async-stream", maxConsumers: 2) { capacity in
            AsyncStreamQueue(capacity: capacity, policy: .block, onDrop: { _, _ in })
        },
        PeerCase(testDescription: "async-channel", maxConsumers: 2, holdsElements: false) { capacity in
            AsyncChannelQueue(capacity: capacity, policy: .block)
        },
        PeerCase(testDescription: "mpsc-channel", maxConsumers: 1) { MPSCChannelQueue(capacity: $0, policy: .block) },
        PeerCase(testDescription: "nio-producer", maxConsumers: 1) { NIOProducerQueue(capacity: $0, policy: .block) },
        PeerCase(testDescription: "dispatch", maxConsumers: 2) { SemaphoreQueue(capacity: $0, policy: .block) },
    ]
}

@Suite("The peers", .timeLimit(.minutes(5)))
struct PeerTests {
    static let producers = 3
    static let elementsEach = 300

    @Test("take out what was put in, once, in the order of each producer", arguments: PeerCase.all, [1, 2, 3, 64])
    func conservation(peer: PeerCase, capacity: Int) async throws {
        let queue = peer.make(capacity)
        let taken = await withTaskGroup(of: [Int].self) { group in
            for _ in 0..<peer.maxConsumers {
                group.addTask {
                    var taken: [Int] = []
                    while let element = await queue.pop() { taken.append(element) }
                    return taken
                }
            }
            await withTaskGroup(of: Void.self) { producers in
                for producer in 0..<Self.producers {
                    producers.addTask {
                        for number in 0..<Self.elementsEach {
                            let result = await queue.push(producer * Self.elementsEach + number)
                            #expect(result.isAccepted)
                        }
                    }
                }
            }
            await queue.close()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(taken.joined().sorted() == Array(0..<Self.producers * Self.elementsEach))
        for consumer in taken {
            for producer in 0..<Self.producers {
                let own = consumer.filter { $0 / Self.elementsEach == producer }
                #expect(own == own.sorted(), "producer \(producer)")
            }
        }
        let statistics = await queue.statistics()
        #expect(statistics.accepted == UInt64(Self.producers * Self.elementsEach))
        #expect(statistics.taken == statistics.accepted)
        #expect(statistics.depth == 0)
    }

    @Test("end their consumers when they are closed, and take nothing more", arguments: PeerCase.all)
    func closing(peer: PeerCase) async {
        let queue = peer.make(4)
        let consumer = Task { await queue.pop() }
        await Task.yield()
        await queue.close()
        await queue.close()
        #expect(await consumer.value == nil)
        #expect(await queue.push(1) == .closed(1))
        #expect(await queue.tryPush(2) == .closed(2))
        #expect(await queue.pop() == nil)
        let statistics = await queue.statistics()
        #expect((statistics.accepted, statistics.refused) == (0, 2))
    }

    @Test("give out what is inside after they were closed", arguments: PeerCase.all.filter(\.holdsElements))
    func draining(peer: PeerCase) async {
        let queue = peer.make(3)
        #expect(await queue.tryPush(1) == .accepted)
        #expect(await queue.push(2) == .accepted)
        await queue.close()
        #expect(await queue.statistics().depth == 2)
        #expect(await queue.tryPop() == 1)
        #expect(await queue.pop() == 2)
        #expect(await queue.pop() == nil)
    }

    @Test(
        "refuse what doesn't fit, and take the next once there is room",
        arguments: PeerCase.all.filter(\.holdsElements)
    )
    func refusal(peer: PeerCase) async {
        let queue = peer.make(2)
        #expect(await queue.tryPop() == nil)
        #expect(await queue.tryPush(1) == .accepted)
        #expect(await queue.tryPush(2) == .accepted)
        #expect(await queue.tryPush(3) == .full(3))
        #expect(await queue.tryPop() == 1)
        // Those with watermarks want more only below half.
        #expect(await queue.tryPop() == 2)
        #expect(await queue.tryPush(4) == .accepted)
        #expect(await queue.pop() == 4)
        let statistics = await queue.statistics()
        #expect((statistics.accepted, statistics.refused, statistics.taken) == (3, 1, 3))
    }

    @Test("a rendezvous has room for nothing")
    func rendezvous() async {
        let queue = AsyncChannelQueue<Int>(capacity: 8, policy: .block)
        #expect(queue.tryPush(1) == .full(1))
        #expect(queue.tryPop() == nil)
    }

    @Test("a cancelled push comes back, in or not in, and nothing is lost", arguments: PeerCase.all, [false, true])
    func cancelledPush(peer: PeerCase, isEarly: Bool) async throws {
        let queue = peer.make(1)
        if peer.holdsElements { #expect(await queue.tryPush(1) == .accepted) }
        // Those with a soft bound let one in that has to wait, and the next one may find them full.
        var inside = peer.holdsElements ? [1] : []
        for element in 2...4 {
            let producer = Task { await queue.push(element) }
            if !isEarly { for _ in 0..<20 { await Task.yield() } }
            producer.cancel()
            switch await producer.value {
            case .accepted: inside.append(element)
            case .cancelled(let returned): #expect(returned == element)
            case .dropped, .full, .rejected, .closed, .timedOut: Issue.record("neither accepted nor cancelled")
            }
        }
        await queue.close()
        for element in inside { #expect(await queue.pop() == element) }
        #expect(await queue.pop() == nil)
    }

    @Test("of pushes that are cancelled while others pop, those come out that were accepted", arguments: PeerCase.all)
    func cancelledPushes(peer: PeerCase) async {
        let queue = peer.make(2)
        let consumer = Task {
            var taken: [Int] = []
            while let element = await queue.pop() { taken.append(element) }
            return taken
        }
        var accepted: [Int] = []
        for first in stride(from: 0, to: 400, by: 4) {
            let producers = (first..<first + 4).map { element in
                Task { await queue.push(element).isAccepted ? element : nil }
            }
            for producer in producers.dropFirst(first % 3) { producer.cancel() }
            for producer in producers { if let element = await producer.value { accepted.append(element) } }
        }
        await queue.close()
        #expect(await consumer.value.sorted() == accepted)
    }

    @Test("a producer that waits for room is let go when the queue closes", arguments: PeerCase.all, [false, true])
    func closedPush(peer: PeerCase, isEarly: Bool) async throws {
        let queue = peer.make(1)
        if peer.holdsElements { #expect(await queue.tryPush(1) == .accepted) }
        let producer = Task { await queue.push(2) }
        if !isEarly { for _ in 0..<20 { await Task.yield() } }
        await queue.close()
        let result = await producer.value
        #expect(result == .closed(2) || result == .accepted)
        let inside = (peer.holdsElements ? [1] : []) + (result.isAccepted ? [2] : [])
        for element in inside { #expect(await queue.pop() == element) }
        #expect(await queue.pop() == nil)
    }

    @Test("a cancelled pop returns without an element", arguments: PeerCase.all, [false, true])
    func cancelledPop(peer: PeerCase, isEarly: Bool) async {
        let queue = peer.make(1)
        let consumer = Task { await queue.pop() }
        if !isEarly { for _ in 0..<20 { await Task.yield() } }
        consumer.cancel()
        #expect(await consumer.value == nil)
        #expect(await queue.statistics().taken == 0)
    }

    @Test("the stream keeps the promises of a queue where nobody waits", arguments: streamChecks)
    func stream(check: QueueCheck) async throws {
        try await QueueConformance { AsyncStreamQueue(capacity: $0, policy: $1, onDrop: $2) }.run(check)
    }

    static let streamChecks: [QueueCheck] = [
        // Not `rejectPolicy`: a stream refuses, but can't say when to try again.
        .capacityIsExact, .firstInFirstOut, .dropNewestPolicy, .dropOldestPolicy, .statisticsBalance,
        .closing,
    ]

    @Test("semaphores keep the promises of a queue where nobody waits", arguments: semaphoreChecks)
    func semaphores(check: QueueCheck) async throws {
        try await QueueConformance { capacity, policy, _ in SemaphoreQueue(capacity: capacity, policy: policy) }.run(
            check
        )
    }

    static let semaphoreChecks: [QueueCheck] = [
        .capacityIsExact, .firstInFirstOut, .blockPolicy, .closing,
    ]

    @Test("are measured where they are named, and only there")
    func namedOnly() throws {
        let scenario = Samples.scenario(drivers: [.tasks])
        let peers = Set(Registry.builtIn.queues.filter { $0.standing == .peer }.map(\.id))
        func measured(_ scenario: Scenario, _ asked: [String] = []) throws -> Set<String> {
            var options = RunOptions()
            options.implementations = asked
            let plan = try RunPlan(options, scenarios: [scenario], registry: .builtIn)
            return Set(plan.measurements.map(\.job.implementation))
        }
        #expect(peers.isSuperset(of: ["async-stream", "async-channel", "mpsc-channel", "nio-producer", "dispatch"]))
        #expect(try measured(scenario).isDisjoint(with: peers))
        #expect(try measured(scenario, ["nio-producer", "mutex"]) == ["nio-producer", "mutex"])
        var naming = scenario
        naming.implementations = ["mutex", "async-channel"]
        #expect(try measured(naming) == ["mutex", "async-channel"])
    }
}
