import BackpressureTesting
import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import Testing

@testable import BackpressureMonitoring

@Suite("Lag monitor as a service", .timeLimit(.minutes(3)))
struct MonitorServiceTests {
    private let clock = ManualClock()

    private func monitor() -> LagMonitor {
        LagMonitor(clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("It reads at once, then by its interval, and a last time at shutdown, which ends the snapshots")
    func readsUntilShutdown() async {
        let monitor = monitor()
        monitor.watch("orders", Subject())
        let snapshots = monitor.snapshots
        await testGracefulShutdown { trigger in
            await withThrowingTaskGroup(of: Void.self) { group in
                var iterator = snapshots.makeAsyncIterator()
                group.addTask { try await monitor.run() }
                #expect(await iterator.next()?.nanoseconds == 0)
                for second in 1...3 {
                    await clock.waitForSleepers(1)
                    clock.advance(by: .seconds(1))
                    #expect(await iterator.next()?.nanoseconds == UInt64(second) * 1_000_000_000)
                }
                await clock.waitForSleepers(1)
                clock.advance(by: .milliseconds(300))
                trigger.triggerGracefulShutdown()
                #expect(await iterator.next()?.nanoseconds == 3_300_000_000)
                #expect(await iterator.next() == nil)
            }
        }
        #expect(clock.sleeperCount == 0)
    }

    @Test("A cancelled monitor ends, and whoever follows it later gets nothing")
    func cancellationEnds() async {
        let monitor = monitor()
        let task = Task { try await monitor.run() }
        await clock.waitForSleepers(1)
        task.cancel()
        _ = await task.result
        var iterator = monitor.snapshots.makeAsyncIterator()
        #expect(await iterator.next() == nil)
    }

    @Test("A reading that takes longer than an interval is not made up for")
    func slowReadings() async {
        let monitor = monitor()
        let clock = clock
        monitor.watch(
            "slow",
            Probe {
                clock.advance(by: .seconds(5))
                return Gauges(kind: "thing")
            }
        )
        var iterator = monitor.snapshots.makeAsyncIterator()
        let task = Task { try await monitor.run() }
        #expect(await iterator.next()?.nanoseconds == 5_000_000_000)
        await clock.waitForSleepers(1)
        clock.advance(by: .seconds(1))
        #expect(await iterator.next()?.nanoseconds == 11_000_000_000)
        task.cancel()
        _ = await task.result
    }
}
