import Backpressure
import OrderService
import Synchronization

/// A dependency that finishes orders when the test says so: overload that doesn't depend on how fast the machine is.
final class GatedDependency: Dependency {
    private let permits = MutexQueue<Void>(capacity: 10_000)
    private let seen = Mutex<[Order]>([])

    func handle(_ order: Order) async throws {
        seen.withLock { $0.append(order) }
        _ = await permits.pop()
    }

    /// Orders in the order in which they were begun.
    var begun: [Order] { seen.withLock { $0 } }

    /// Lets so many orders finish.
    func letFinish(_ count: Int) {
        for _ in 0..<count { _ = permits.tryPush(()) }
    }

    /// Lets all finish from now on.
    func open() { permits.close() }
}
