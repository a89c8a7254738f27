import Synchronization

/// A count that several tasks share.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .acquiring) }

    func set(_ value: Int) { count.store(value, ordering: .releasing) }

    func increment() { count.wrappingAdd(1, ordering: .acquiringAndReleasing) }
}
