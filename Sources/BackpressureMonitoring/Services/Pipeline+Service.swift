public import CircuitBreakers
public import ConcurrencySupport
public import FlowControl
public import Logging

extension Pipeline {
    /// This pipeline as a `Service`: runs it; on a graceful shutdown takes no more and delivers what was accepted, within a
    /// grace period. See ``DrainingService``.
    ///
    /// - Parameters:
    ///   - name: how it is called in logs.
    ///   - grace: how long draining may take; less than the `maximumGracefulShutdownDuration` of the group.
    ///   - clock: where that is measured.
    ///   - logger: where beginning and end of the drain are logged.
    ///   - left: takes over what couldn't be delivered in time, or before the service's task was cancelled.
    public func service(
        _ name: String,
        grace: Duration,
        clock: some NanosecondClock = SystemNanosecondClock(),
        logger: Logger,
        left: @escaping @Sendable ([DeadLetter<PipelineElement>]) async -> Void
    ) -> DrainingService {
        DrainingService(
            name,
            grace: grace,
            clock: clock,
            logger: logger,
            work: { _ = try await self.run() },
            drain: { try await self.drain() },
            abandon: {
                let letters = await self.drain(within: .zero)
                if !letters.isEmpty { await left(letters) }
            }
        )
    }
}
