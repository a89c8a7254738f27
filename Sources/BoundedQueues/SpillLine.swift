import ConcurrencySupport

/// A ``SpillStore`` behind a lock, for queues that have none of their own.
@usableFromInline
final class SpillLine<Element: ~Copyable & Sendable>: Sendable {
    private struct Store: @unchecked Sendable {  // its closures are called under the lock alone
        // Closures, because a store is of copyable elements and the queue around this may not be.
        var append: (consuming Element) -> Element?
        var removeFirst: () -> Element?
        var count: () -> Int
    }

    private let store: Lock<Store>

    private init(_ store: Store) {
        self.store = Lock(store)
    }

    /// Stores an element, unless a condition holds that is looked at under the lock; returns the element if it could not.
    /// `stored` is told, under the lock, how many there are then.
    @usableFromInline
    func append(
        _ element: consuming Element,
        unless isRefused: () -> Bool,
        stored: (Int) -> Void
    ) -> Element? {
        var pending = Optional(element)
        store.withLock { store in
            guard !isRefused(), let element = pending.take() else { return }
            pending = store.append(element)
            stored(store.count())
        }
        return pending
    }

    /// Takes the oldest element, unless a condition holds that is looked at under the lock. `removed` is told, under the
    /// lock, how many are left, if there was one.
    @usableFromInline
    func removeFirst(unless isRefused: () -> Bool, removed: (Int) -> Void) -> Element? {
        var element: Element?
        store.withLock { store in
            guard !isRefused() else { return }
            element = store.removeFirst()
            if element != nil { removed(store.count()) }
        }
        return element
    }

    /// Elements in the store.
    @usableFromInline
    var count: Int { store.withLock { $0.count() } }

    /// Runs `body` while nobody stores or removes.
    func withLock(_ body: () -> Void) {
        store.withLock { _ in body() }
    }
}

extension SpillLine {
    /// - Parameter store: used by nobody else from now on.
    convenience init<Store: SpillStore<Element>>(_ store: Store) {
        let box = StoreBox(store)
        self.init(
            SpillLine.Store(
                append: { box.store.append($0) ? nil : $0 },
                removeFirst: { box.store.removeFirst() },
                count: { box.store.count }
            )
        )
    }
}

private final class StoreBox<Store: SpillStore> {
    var store: Store
    init(_ store: Store) { self.store = store }
}
