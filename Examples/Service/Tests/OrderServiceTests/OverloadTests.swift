import Backpressure
import OrderService
import Testing

/// The service past its capacity. The dependency finishes orders when the test says so, and the limiter's next permit is an
/// hour away, so what is accepted and what is refused doesn't depend on how fast or how busy the machine is.
@Suite("Overload", .timeLimit(.minutes(5)))
struct OverloadTests {
    private let workers = 2
    private let capacity = 10
    private let flood = 60

    private var settings: Settings {
        var settings = Settings()
        settings.workers = workers
        settings.queueCapacity = capacity
        settings.rate = Rate(permits: 1, perNanoseconds: 3_600_000_000_000)
        settings.burst = 40
        return settings
    }

    private let inQueue = #"backpressure_depth{name="orders",kind="queue"}"#
    private let behind = #"backpressure_lag_elements{name="orders",kind="queue"}"#

    @Test("Refused requests are told at once when to come back; accepted ones wait for what the queue holds at most")
    func guarded() async throws {
        let dependency = GatedDependency()
        try await withService(settings, dependency: dependency) { client, _ in
            try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<workers { group.addTask { try await client.order() } }
                try await eventually { dependency.begun.count == workers }
                for _ in 0..<flood { group.addTask { try await client.order() } }

                // `normal` orders enter until the queue is 90 % full; the limiter lets 40 through in all.
                let accepted = workers + capacity * 9 / 10
                // No order has been finished yet: whoever is refused doesn't wait for those who are accepted.
                var refused: [Answer] = []
                for _ in 0..<(workers + flood - accepted) {
                    if let answer = try await group.next() { refused.append(answer) }
                }
                #expect(refused.count { $0.status == 429 } == workers + flood - 40)
                #expect(refused.count { $0.status == 503 } == 40 - accepted)
                #expect(refused.allSatisfy { ($0.retryAfterSeconds ?? 0) >= 1 })
                // The next permit is an hour away, less what has passed.
                #expect(refused.contains { $0.status == 429 && $0.retryAfterSeconds ?? 0 > 60 })

                let metrics = try await client.metrics()
                #expect(metrics[inQueue] == Double(accepted - workers))
                #expect(metrics["orders_in_flight"] == Double(accepted))
                #expect(metrics[#"orders_answered_total{status="429"}"#] == Double(workers + flood - 40))

                dependency.open()
                var answered: [Answer] = []
                for try await answer in group { answered.append(answer) }
                #expect(answered.count == accepted)
                #expect(answered.allSatisfy { $0.status == 200 })
                // The wait, counted in orders: those that the queue could hold and those being worked on, whoever else came.
                #expect(answered.compactMap(\.finishedBefore).max() ?? .max <= capacity + workers)
            }
        }
        #expect(dependency.begun.count == workers + capacity * 9 / 10)
    }

    @Test("Without backpressure nobody is told anything, the queue grows with the flood, and so does the wait")
    func unguarded() async throws {
        var settings = settings
        settings.backpressure = false
        let dependency = GatedDependency()
        try await withService(settings, dependency: dependency) { client, _ in
            try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<(workers + flood) { group.addTask { try await client.order() } }
                // What fails the service with backpressure, and comes true here: more wait than the queue may hold.
                try await eventually { try await client.metrics()[behind] == Double(flood) }
                let metrics = try await client.metrics()
                #expect(metrics["orders_in_flight"] == Double(workers + flood))
                #expect(flood > 4 * capacity)
                #expect(!metrics.keys.contains { $0.hasPrefix("orders_answered_total") })

                dependency.open()
                var answered: [Answer] = []
                for try await answer in group { answered.append(answer) }
                #expect(answered.allSatisfy { $0.status == 200 })
                #expect(answered.compactMap(\.finishedBefore).max() ?? 0 >= flood - workers)
            }
        }
    }

    @Test("As it fills up the least urgent are refused first, and the most urgent are served first")
    func priorities() async throws {
        let dependency = GatedDependency()
        try await withService(settings, dependency: dependency) { client, _ in
            try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<workers { group.addTask { try await client.order() } }
                try await eventually { dependency.begun.count == workers }
                for _ in 0..<(capacity * 8 / 10) { group.addTask { try await client.order("normal") } }
                try await eventually { try await client.metrics()[inQueue] == Double(capacity * 8 / 10) }
                let low = try await client.order("low")
                #expect(low.status == 503)
                #expect(low.retryAfterSeconds ?? 0 >= 1)
                group.addTask { try await client.order("critical") }
                try await eventually { try await client.metrics()[inQueue] == Double(capacity * 8 / 10 + 1) }

                dependency.letFinish(1)
                try await eventually { dependency.begun.count == workers + 1 }
                #expect(dependency.begun.last?.priority == .critical)
                dependency.open()
                for try await answer in group { #expect(answer.status == 200) }
            }
        }
    }

    @Test("A shutdown in mid-flood answers all that was accepted and takes no more")
    func shutdown() async throws {
        let dependency = GatedDependency()
        let accepted = 8
        try await withService(settings, dependency: dependency) { client, service in
            try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<accepted { group.addTask { try await client.order() } }
                try await eventually { try await client.metrics()["orders_in_flight"] == Double(accepted) }
                await service.triggerGracefulShutdown()
                try await eventually { (try? await client.send(.GET, "/findings")) == nil }
                dependency.open()
                var answered = 0
                for try await answer in group {
                    #expect(answer.status == 200)
                    answered += 1
                }
                #expect(answered == accepted)
            }
        }
    }

    @Test("An unknown priority is the client's mistake")
    func badRequest() async throws {
        try await withService(settings, dependency: GatedDependency()) { client, _ in
            let refused = try await client.order("urgent")
            #expect(refused.status == 400)
            let findings = try await client.send(.GET, "/findings").body
            #expect(findings.hasPrefix("level: healthy"))
        }
    }
}
