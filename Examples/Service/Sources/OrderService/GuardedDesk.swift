import Backpressure
import Logging
import ServiceLifecycle

/// A desk that protects itself: a limiter lets requests in, a bounded priority queue holds them, a fixed number of workers
/// takes them, and a breaker keeps them from a dependency that is down.
final class GuardedDesk: Desk {
    private let settings: Settings
    private let limiter: LockFreeTokenBucket<SystemNanosecondClock>
    private let queue: MutexPriorityQueue<Job>
    private let breaker: LockFreeCircuitBreaker<SystemNanosecondClock>
    private let workbench: Workbench
    private let logger: Logger

    init(settings: Settings, dependency: any Dependency, monitor: LagMonitor, logger: Logger) {
        self.settings = settings
        self.logger = logger
        limiter = LockFreeTokenBucket(rate: settings.rate, burst: settings.burst)
        queue = MutexPriorityQueue(capacity: settings.queueCapacity)
        breaker = LockFreeCircuitBreaker(settings.breaker, clock: SystemNanosecondClock())
        monitor.watch("dependency", .breaker(breaker, failureRate: settings.breaker.failureRate ?? 1))
        let bounds = LoadBounds(lag: settings.bearableLag)
        workbench = Workbench(dependency: dependency, latency: monitor.watch("orders", .queue(queue), bounds: bounds))
    }

    func submit(_ order: Order) async -> Outcome {
        switch limiter.tryAcquire() {
        case .granted: break
        case .refused(let delay): return .tooMany(retryAfter: delay.duration)
        case .exceedsBurst: preconditionFailure("one permit is never more than the burst")
        }
        return await withCheckedContinuation { continuation in
            let job = workbench.job(order, continuation)
            switch queue.tryPush(job, priority: order.priority) {
            case .accepted: break
            case .closed(let job): job.finish(.unavailable("shutting down", retryAfter: settings.grace))
            case .rejected(let job, let error):
                job.finish(.unavailable("busy", retryAfter: error.retryAfter ?? settings.bearableLag))
            case .full(let job), .cancelled(let job), .timedOut(let job):
                job.finish(.unavailable("full", retryAfter: settings.bearableLag))
            case .dropped: preconditionFailure("the overload table refuses, it doesn't drop")
            }
        }
    }

    var service: any Service {
        DrainingService("orders", grace: settings.grace, logger: logger) {
            await withTaskGroup { group in
                for _ in 0..<self.settings.workers { group.addTask { await self.takeOrders() } }
            }
        } drain: {
            self.queue.close()
        } abandon: {
            for left in await self.queue.drain() {
                left.element.finish(.unavailable("shut down", retryAfter: self.settings.grace))
            }
        }
    }

    private func takeOrders() async {
        while let next = await queue.pop() {
            await workbench.work(on: next.element) { handle in await self.outcome(of: handle) }
        }
    }

    /// `nil`: it went well. An open breaker is asked by the worker and not at the door: it waits to be asked before it lets
    /// a probe through, and while it refuses the queue empties at once.
    private func outcome(of handle: @Sendable () async throws -> Void) async -> Outcome? {
        do throws(CircuitBreakerError<any Error>) {
            try await breaker.run { try await handle() }
            return nil
        } catch {
            switch error {
            case .failed: return .failed
            case .open(let open):
                let delay = open.retryAfterNanoseconds.map { Duration.nanoseconds($0) } ?? settings.breaker.longestWait
                return .unavailable("the dependency is down", retryAfter: delay)
            }
        }
    }
}
