import Synchronization

/// What orders are handed to: a database, a payment provider.
package protocol Dependency: Sendable {
    /// Handles an order; takes its time, and may fail.
    func handle(_ order: Order) async throws
}

/// Simulates something that takes a fixed time for each order, and can be told to fail.
package final class SimulatedDependency: Dependency {
    /// It was told to fail.
    package struct Down: Error {}

    private let serviceTime: Duration
    private let down = Atomic(false)

    package init(serviceTime: Duration) {
        self.serviceTime = serviceTime
    }

    /// Whether every call fails.
    package var isDown: Bool {
        get { down.load(ordering: .relaxed) }
        set { down.store(newValue, ordering: .relaxed) }
    }

    package func handle(_ order: Order) async throws {
        try await Task.sleep(for: serviceTime)
        if isDown { throw Down() }
    }
}
