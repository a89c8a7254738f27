import BackpressureTesting
import BoundedQueues
import CircuitBreakers
import ConcurrencySupport
import Testing

@testable import FlowControl

/// Pushes, failing flushes, cancellations and drains in many orders: at the end each element is in one place.
@Suite("Watermark controller in many schedules")
struct ControllerExplorationTests {
    enum Shutdown: String, CaseIterable {
        case drain, cancelAndDrain, cancelDrainAndGiveBack, giveBack, twoAtOnce
    }

    /// Fails as a script says that goes by how often it was called; heeds cancellation.
    private final class FlakySink: Sendable {
        private let state = Lock((calls: 0, delivered: [Int]()))

        var delivered: [Int] { state.withLock(\.delivered) }

        func flush(_ batch: [Int]) async throws -> FlushResult {
            let call = state.withLock { state in
                state.calls += 1
                return state.calls
            }
            await Task.yield()
            if Task.isCancelled { throw CancellationError() }
            switch call % 4 {
            case 1: throw Broken()
            case 2:
                state.withLock { $0.delivered += batch.dropFirst() }
                return .failed(at: [0], Broken())
            case 3: throw CircuitOpen(retryAfterNanoseconds: 1_000)
            default:
                state.withLock { $0.delivered += batch }
                return .delivered
            }
        }
    }

    private static func play<Queue: BoundedQueue<Int>>(
        _ queue: Queue,
        _ shutdown: Shutdown,
        _ exploration: TaskExploration
    ) {
        let sink = FlakySink()
        let letters = LetterBox()
        let clock = ManualClock()
        let signals = FlowSignals()
        let controller = WatermarkController(
            queue: queue,
            pacing: .fixed(interval: .milliseconds(1), batch: 2),
            retry: RetryBackoff(attempts: 2, first: .microseconds(10), longest: .milliseconds(1), jitter: 0),
            deadLetters: letters,
            signals: signals,
            clock: clock,
            sink: { try await sink.flush($0) }
        )
        let running = exploration.task("run") { await controller.run() }
        let producers = (0..<2).map { producer in
            exploration.task("producer \(producer + 1)") {
                var returned: [Int] = []
                for number in 0..<3 {
                    let result = await controller.push(producer * 10 + number)
                    if let element = result.returned { returned.append(element) }
                }
                return returned
            }
        }
        let left = exploration.task("shutdown") { () -> [Int] in
            for _ in 0..<6 { await Task.yield() }
            switch shutdown {
            case .drain:
                try await controller.drain()
                return []
            case .cancelAndDrain:
                running.cancel()
                try await controller.drain()
                return []
            case .cancelDrainAndGiveBack:
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { try? await controller.drain() }
                    await Task.yield()
                    group.cancelAll()
                }
                return await controller.drain(within: .microseconds(5)).map(\.element)
            case .giveBack:
                return await controller.drain(within: .microseconds(5)).map(\.element)
            case .twoAtOnce:
                async let other: Void = controller.drain()
                let left = await controller.drain(within: .microseconds(500)).map(\.element)
                try await other
                return left
            }
        }
        exploration.task("clock") {
            while controller.state != .drained {
                if clock.sleeperCount > 0 { clock.advance(byNanoseconds: 1_000) }
                await Task.yield()
            }
        }
        exploration.check {
            let returned = producers.flatMap(\.value)
            let all = sink.delivered + letters.letters.map(\.element) + returned + left.value
            let expected = [0, 1, 2, 10, 11, 12]
            exploration.expect(all.sorted() == expected, "\(all.sorted()) came out of \(expected)")
            let statistics = await controller.statistics()
            exploration.expect(statistics.isBalanced && statistics.inside == 0, "\(statistics)")
            exploration.expect(signals.level == .pause, "the last signal never came: \(signals.signal)")
        }
    }

    @Test("Every element is in one place at the end, whenever it is shut down", arguments: Shutdown.allCases)
    func conservation(shutdown: Shutdown) {
        let explorer = TaskExplorer(schedules: 80, seed: 5)
        for report in [
            explorer.explore { Self.play(MutexQueue(capacity: 2), shutdown, $0) },
            explorer.explore { Self.play(RingQueue(capacity: 2), shutdown, $0) },
            explorer.explore { Self.play(ActorQueue(capacity: 2), shutdown, $0) },
        ] {
            #expect(report.passed, "\(report)")
        }
    }

    @Test("A policy that drops drops into the sums", arguments: [OverflowPolicy.dropOldest, .dropNewest, .reject])
    func policies(policy: OverflowPolicy) {
        let report = TaskExplorer(schedules: 100, seed: 6).explore { exploration in
            let sink = FlakySink()
            let controller = WatermarkController(
                queue: MutexQueue<Int>(capacity: 2, policy: policy),
                pacing: .fixed(interval: .milliseconds(1), batch: 2),
                retry: RetryBackoff(attempts: 2, first: .zero, longest: .zero, jitter: 0),
                clock: ManualClock(),
                sink: { try await sink.flush($0) }
            )
            exploration.task("producer") { for number in 0..<8 { _ = await controller.push(number) } }
            let running = exploration.task("run") { await controller.run() }
            exploration.task("shutdown") {
                for _ in 0..<5 { await Task.yield() }
                running.cancel()
                await Task.yield()
                _ = await controller.drain(within: .zero)
            }
            exploration.check {
                let statistics = await controller.statistics()
                exploration.expect(statistics.isBalanced && statistics.inside == 0, "\(statistics)")
                exploration.expect(statistics.offered == 8, "\(statistics.offered) were offered")
            }
        }
        #expect(report.passed, "\(report)")
    }

    @Test("The state is right at rest, though pushes, flushes and their looks at the depth overlap")
    func stateAtRest() {
        let report = TaskExplorer(schedules: 150, seed: 7).explore { exploration in
            let clock = ManualClock()
            let controller = WatermarkController(
                queue: ActorQueue<Int>(capacity: 2),
                pacing: .fixed(interval: .milliseconds(1), batch: 2),
                clock: clock,
                sink: { _ in .delivered }
            )
            let running = exploration.task("run") { await controller.run() }
            exploration.task("producer") {
                for number in 0..<4 { _ = await controller.push(number) }
                while await controller.statistics().delivered < 4 {
                    if clock.sleeperCount > 0 { clock.advance(by: .milliseconds(1)) }
                    await Task.yield()
                }
                running.cancel()
            }
            exploration.check {
                exploration.expect(controller.state == .normal, "empty, and \(controller.state)")
            }
        }
        #expect(report.passed, "\(report)")
    }
}
