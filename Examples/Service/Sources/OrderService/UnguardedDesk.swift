import Backpressure
import Logging
import ServiceLifecycle
import Synchronization

/// A desk that takes whatever comes: the same workers, behind a list without a bound. What a service does that nobody has
/// thought about, and here to be seen failing.
final class UnguardedDesk: Desk {
    private let settings: Settings
    private let workbench: Workbench
    private let jobs: AsyncStream<Job>
    private let input: AsyncStream<Job>.Continuation
    private let inside: Inside
    private let logger: Logger

    /// How many have come and gone: an unbounded list has no figures of its own.
    private final class Inside: Monitored {
        let arrived = Atomic<UInt64>(0)
        let departed = Atomic<UInt64>(0)

        func gauges() async -> Gauges {
            let departed = departed.load(ordering: .relaxed)
            let arrived = max(departed, arrived.load(ordering: .relaxed))
            return Gauges(kind: "queue", depth: Int(arrived - departed), arrived: arrived, departed: departed)
        }
    }

    init(settings: Settings, dependency: any Dependency, monitor: LagMonitor, logger: Logger) {
        self.settings = settings
        self.logger = logger
        (jobs, input) = AsyncStream.makeStream(of: Job.self, bufferingPolicy: .unbounded)
        inside = Inside()
        let bounds = LoadBounds(lag: settings.bearableLag)
        workbench = Workbench(dependency: dependency, latency: monitor.watch("orders", inside, bounds: bounds))
    }

    func submit(_ order: Order) async -> Outcome {
        await withCheckedContinuation { continuation in
            inside.arrived.wrappingAdd(1, ordering: .relaxed)
            let job = workbench.job(order, continuation)
            if case .terminated = input.yield(job) {
                job.finish(.unavailable("shutting down", retryAfter: settings.grace))
            }
        }
    }

    var service: any Service {
        DrainingService("orders", grace: settings.grace, logger: logger) {
            // Several tasks on one stream: each element goes to one of them.
            await withTaskGroup { group in
                for _ in 0..<self.settings.workers { group.addTask { await self.takeOrders() } }
            }
        } drain: {
            self.input.finish()
        }
    }

    private func takeOrders() async {
        for await job in jobs {
            inside.departed.wrappingAdd(1, ordering: .relaxed)
            await workbench.work(on: job) { handle in
                do {
                    try await handle()
                    return nil
                } catch {
                    return .failed
                }
            }
        }
    }
}
