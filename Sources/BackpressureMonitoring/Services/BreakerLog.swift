public import CircuitBreakers
public import Logging
public import ServiceLifecycle

/// Logs a circuit breaker's changes of state as they happen, with no monitor that would have to look: any breaker's, yours
/// too.
///
/// An opening is a warning, every other change a notice; the state that it finds when it begins is for information. It is
/// state, not a backlog: of changes that follow each other faster than they are logged, the newest is, with how many it has
/// missed.
///
/// ```swift
/// let log = BreakerLog("payments", breaker, logger: logger)       // a Service
/// ```
public struct BreakerLog: Service {
    private let name: String
    private let changes: CircuitBreakerChanges
    private let logger: Logger

    /// A log of a breaker, which it doesn't keep alive.
    ///
    /// - Parameters:
    ///   - name: how the breaker is called in the log.
    ///   - breaker: whose changes are logged.
    ///   - logger: where.
    public init(_ name: String, _ breaker: some CircuitBreaker, logger: Logger) {
        self.name = name
        changes = breaker.changes
        self.logger = logger
    }

    /// Logs until the breaker is gone, a graceful shutdown begins, or the task is cancelled.
    public func run() async {
        await cancelWhenGracefulShutdown {
            var before: CircuitState?
            for await change in changes {
                if let before {
                    log(change, from: before)
                } else {
                    logger.info("circuit breaker watched", metadata: ["name": "\(name)", "state": "\(change.state)"])
                }
                before = change.state
            }
        }
    }

    private func log(_ change: CircuitBreakerChange, from before: CircuitState) {
        logger.log(
            level: change.state == .open ? .warning : .notice,
            "circuit breaker changed",
            metadata: [
                "name": "\(name)", "from": "\(before)", "to": "\(change.state)",
                "generation": "\(change.generation)", "missed": "\(change.missed)",
            ]
        )
    }
}
