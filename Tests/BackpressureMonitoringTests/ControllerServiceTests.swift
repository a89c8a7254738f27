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

@Suite("Watermark controller as a service", .timeLimit(.minutes(3)))
struct ControllerServiceTests {
    private let clock = ManualClock()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test("A shutdown in mid-flood flushes all that was accepted, within the grace period")
    func shutdownFlushes() async throws {
        let delivered = Lock([Int]())
        let controller = WatermarkController(queue: MutexQueue<Int>(capacity: 100), clock: clock) { batch in
            delivered.withLock { $0 += batch }
            return .delivered
        }
        let service = controller.service("events", grace: .seconds(10), clock: clock, logger: logger) { left in
            Issue.record("\(left.count) were left")
        }
        let accepted = try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.run() }
                var accepted: [Int] = []
                for number in 0..<1_000 {
                    if number == 500 { trigger.triggerGracefulShutdown() }
                    switch await controller.push(number) {
                    case .accepted: accepted.append(number)
                    case .closed: #expect(number >= 500)
                    default: Issue.record("neither accepted nor closed")
                    }
                }
                try await group.waitForAll()
                return accepted
            }
        }
        #expect(accepted.count >= 500)
        #expect(delivered.withLock { $0 } == accepted)
        #expect(controller.state == .drained)
        #expect(await controller.statistics().isBalanced)
    }

    @Test("What a sink that is away keeps from being flushed in time is handed over")
    func leftIsHandedOver() async throws {
        struct Away: Error {}
        let left = Lock([Int]())
        let controller = WatermarkController(queue: MutexQueue<Int>(capacity: 100), clock: clock) { _ in throw Away() }
        for number in 0..<30 { _ = await controller.push(number) }
        let service = controller.service("events", grace: .seconds(10), clock: clock, logger: logger) { letters in
            left.withLock { $0 += letters.map(\.element) }
        }
        await testGracefulShutdown { trigger in
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.run() }
                trigger.triggerGracefulShutdown()
                // The sink is tried again and again meanwhile.
                let ticks = Task {
                    while !Task.isCancelled {
                        clock.advance(by: .milliseconds(100))
                        await Task.yield()
                    }
                }
                await #expect(throws: DrainingService.Overdue(name: "events", grace: .seconds(10))) {
                    try await group.next()
                }
                ticks.cancel()
            }
        }
        #expect(left.withLock { $0.sorted() } == Array(0..<30))
        #expect(await controller.statistics().isBalanced)
    }

    @Test("A cancelled service hands over what is inside")
    func cancelled() async {
        let left = Lock([Int]())
        let controller = WatermarkController(queue: MutexQueue<Int>(capacity: 100), clock: clock) { _ in
            try await Task.sleep(for: .seconds(3_600))
            return .delivered
        }
        for number in 0..<30 { _ = await controller.push(number) }
        let service = controller.service("events", grace: .seconds(10), clock: clock, logger: logger) { letters in
            left.withLock { $0 += letters.map(\.element) }
        }
        let task = Task { try await service.run() }
        task.cancel()
        _ = await task.result
        #expect(left.withLock { $0.sorted() } == Array(0..<30))
    }
}
