import Hummingbird
import Logging
import OrderService
import ServiceLifecycle

/// The service on a port of its own, for as long as `body` runs; then it is shut down gracefully.
func withService<Result: Sendable>(
    _ settings: Settings,
    dependency: some Dependency,
    body: @Sendable (_ client: LoopbackClient, _ service: ServiceGroup) async throws -> Result
) async throws -> Result {
    let (ports, announce) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let application = orderApplication(
        settings: settings,
        dependency: dependency,
        address: .hostname("127.0.0.1", port: 0),
        logger: logger
    ) { port in announce.yield(port) }
    let service = ServiceGroup(services: [application], logger: logger)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            // Also when it fails to start: nobody waits for the port then.
            defer { announce.finish() }
            try await service.run()
        }
        guard let port = await ports.first(where: { _ in true }) else {
            try await group.waitForAll()
            throw NeverRan()
        }
        let result = try await body(LoopbackClient(port: port), service)
        await service.triggerGracefulShutdown()
        try await group.waitForAll()
        return result
    }
}

struct NeverRan: Error {}

/// Looks until `condition` holds: nothing is said about when it does. The test's time limit is the bound.
func eventually(_ condition: @Sendable () async throws -> Bool) async throws {
    while try await !condition() { try await Task.sleep(for: .milliseconds(2)) }
}
