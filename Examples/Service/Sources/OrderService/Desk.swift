import Backpressure
import ServiceLifecycle
import Synchronization

/// Where orders go in and outcomes come out.
protocol Desk: Sendable {
    /// Takes an order and waits until it is known what becomes of it.
    func submit(_ order: Order) async -> Outcome

    /// What works on the orders, until it is shut down and all that was accepted is done.
    var service: any Service { get }
}

/// What both desks count and do alike: the work itself.
final class Workbench: Sendable {
    private let dependency: any Dependency
    private let latency: LatencyRecorder
    private let finished = Atomic(0)
    private let clock = SystemNanosecondClock()

    init(dependency: any Dependency, latency: LatencyRecorder) {
        self.dependency = dependency
        self.latency = latency
    }

    /// An order's job, from now on.
    func job(_ order: Order, _ continuation: CheckedContinuation<Outcome, Never>) -> Job {
        Job(
            order,
            acceptedNanoseconds: clock.nanoseconds(),
            finishedBefore: finished.load(ordering: .relaxed),
            waiting: continuation
        )
    }

    /// Works on a job and answers it, with the outcome that `attempt` comes to.
    func work(on job: Job, attempt: (@Sendable () async throws -> Void) async -> Outcome?) async {
        let failure = await attempt { try await self.dependency.handle(job.order) }
        let took = clock.nanoseconds() - job.acceptedNanoseconds
        latency.record(nanoseconds: took)
        let before = finished.wrappingAdd(1, ordering: .relaxed).oldValue - job.finishedBefore
        let receipt = Receipt(order: job.order, finishedBefore: before, took: .nanoseconds(Int64(took)))
        job.finish(failure ?? .done(receipt))
    }
}
