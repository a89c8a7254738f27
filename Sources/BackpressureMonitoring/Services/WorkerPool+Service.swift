public import ConcurrencySupport
public import FlowControl
public import Logging

extension WorkerPool {
    /// This pool as a `Service`: runs it; on a graceful shutdown takes no more jobs and runs those that were accepted, within
    /// a grace period. See ``DrainingService``.
    ///
    /// When the grace period is over, or the service's task is cancelled, the jobs that run are cancelled and waited for.
    ///
    /// - Parameters:
    ///   - name: how it is called in logs.
    ///   - grace: how long draining may take; less than the `maximumGracefulShutdownDuration` of the group.
    ///   - clock: where that is measured.
    ///   - logger: where beginning and end of the drain are logged.
    ///   - left: takes over the jobs that weren't begun in time, oldest first: to run them, or to let them go, of which the
    ///     callers of ``FlowControl/WorkerPool/run(_:)`` are told.
    public func service(
        _ name: String,
        grace: Duration,
        clock: some NanosecondClock = SystemNanosecondClock(),
        logger: Logger,
        left: @escaping @Sendable ([PoolJob]) async -> Void
    ) -> DrainingService {
        DrainingService(
            name,
            grace: grace,
            clock: clock,
            logger: logger,
            work: { await self.run() },
            drain: { await self.shutdown() },
            abandon: {
                let jobs = await self.shutdown(within: .zero)
                if !jobs.isEmpty { await left(jobs) }
            }
        )
    }
}
