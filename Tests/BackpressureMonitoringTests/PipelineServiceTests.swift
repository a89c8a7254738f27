import BackpressureMonitoring
import BackpressureTesting
import BoundedQueues
import CircuitBreakers
import ConcurrencySupport
import FlowControl
import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import Testing

@Suite("Pipeline as a service, and watched", .timeLimit(.minutes(3)))
struct PipelineServiceTests {
    private let clock = ManualClock()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test("A shutdown in mid-flood delivers all that was accepted, within the grace period")
    func shutdownDelivers() async throws {
        let delivered = Lock([Int]())
        let pipeline = Pipeline.source(of: Int.self, deadLetters: DeadLetterQueue<PipelineElement>(limit: 1))
            .stage("double", concurrency: 2, capacity: 8) { $0 * 2 }
            .sink("store", concurrency: 1, capacity: 8) { number in delivered.withLock { $0.append(number / 2) } }
        let service = pipeline.service("numbers", grace: .seconds(10), clock: clock, logger: logger) { left in
            Issue.record("\(left.count) were left")
        }
        let accepted = try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.run() }
                var accepted: [Int] = []
                for number in 0..<400 {
                    if number == 200 { trigger.triggerGracefulShutdown() }
                    if case .accepted = await pipeline.push(number) { accepted.append(number) }
                }
                try await group.waitForAll()
                return accepted
            }
        }
        #expect(accepted.count >= 200)
        #expect(delivered.withLock { $0.sorted() } == accepted)
        #expect(await pipeline.statistics().isBalanced)
    }

    @Test("A cancelled service hands over what is inside")
    func cancelled() async {
        let left = Lock([Int]())
        let pipeline = Pipeline.source(of: Int.self, deadLetters: DeadLetterQueue<PipelineElement>(limit: 1))
            .sink("store", concurrency: 1, capacity: 64) { (_: Int) in try await Task.sleep(for: .seconds(3_600)) }
        for number in 0..<30 { _ = await pipeline.push(number) }
        let service = pipeline.service("numbers", grace: .seconds(10), clock: clock, logger: logger) { letters in
            left.withLock { $0 += letters.compactMap { $0.element.value as? Int } }
        }
        let task = Task { try await service.run() }
        task.cancel()
        _ = await task.result
        #expect(left.withLock { $0.sorted() } == Array(0..<30))
    }

    @Test("A pipeline is watched as a whole and stage by stage")
    func watched() async throws {
        let pipeline = Pipeline.source(of: Int.self, deadLetters: DeadLetterQueue<PipelineElement>(limit: 1))
            .stage("double", concurrency: 1, capacity: 8) { $0 * 2 }
            .sink("store", concurrency: 1, capacity: 8) { (_: Int) in }
        for number in 0..<5 { _ = await pipeline.tryPush(number) }
        let whole: Probe = .pipeline(pipeline)
        let first: Probe = .stage("double", of: pipeline)
        #expect(await whole.gauges().depth == 5)
        #expect(await first.gauges().depth == 5)
        #expect(await first.gauges().capacity == 8)
        #expect(await first.gauges().kind == "stage")
        #expect(await (.stage("none", of: pipeline) as Probe).gauges() == Gauges(kind: "stage"))
        try await pipeline.drain()
        let drained = await whole.gauges()
        #expect(drained.depth == 0)
        #expect(drained.arrived == 5)
        #expect(drained.departed == 5)
    }
}
