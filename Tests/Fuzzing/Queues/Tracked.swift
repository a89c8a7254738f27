import ConcurrencySupport

/// An element on the heap, counted as long as it lives: one that a queue retains too often is missed, one that it releases
/// too often is seen by the address sanitizer.
final class Tracked: Sendable {
    let number: Int
    private let source: Source

    private init(_ number: Int, _ source: Source) {
        self.number = number
        self.source = source
        source.living.withLock { $0 += 1 }
    }

    deinit { source.living.withLock { $0 -= 1 } }

    /// Makes elements and knows how many of them are left.
    final class Source: Sendable {
        fileprivate let living = Lock(0)

        var livingCount: Int { living.withLock { $0 } }

        func make(_ number: Int) -> Tracked { Tracked(number, self) }
    }
}
