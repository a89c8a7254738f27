public import ServiceLifecycle

extension LagMonitor: Service {
    /// Reads at once and then at regular intervals, until a graceful shutdown begins or the task is cancelled. Ends with one
    /// last reading, so that what was recorded is exported, and ends ``snapshots``. Call it once.
    ///
    /// Put it into a `ServiceGroup` before what it watches: services shut down in reverse order, so it watches until all
    /// others have drained.
    public func run() async throws {
        defer { finish() }
        await cancelWhenGracefulShutdown {
            var start = self.nanoseconds
            while !Task.isCancelled {
                await self.read()
                // Throws if, and only if, the task is cancelled.
                guard let next = try? await self.sleep(after: start) else { return }
                start = next
            }
        }
        await read()
    }
}
