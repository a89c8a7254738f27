import FlowControl

/// What the harness asks of a ``LimitSystem``.
public struct LimitSetup: Sendable {
    /// What the service works on at once while it has all of its capacity.
    public let capacity: Int
    /// The highest limit that may be set.
    public let highestLimit: Int
    /// How long the service takes for a request while nothing queues there.
    public let serviceTime: Duration

    init(_ load: CapacityLoad) {
        capacity = load.servers
        highestLimit = load.highestLimit
        serviceTime = .nanoseconds(load.serviceNanoseconds)
    }
}

/// Lets so much work into a service at a time.
public protocol LimitSystem: Sendable {
    /// Does the work if it may be begun now.
    ///
    /// - Returns: whether it was done.
    func attempt(_ work: @Sendable () async -> Void) async -> Bool

    /// How much may be in progress now; `nil`: any amount.
    var limit: Int? { get async }
}

/// A limit that somebody has chosen for the full capacity.
struct FixedLimiting: LimitSystem {
    private let semaphore: LockFreeSemaphore
    let limit: Int?

    init(_ setup: LimitSetup) {
        semaphore = LockFreeSemaphore(limit: setup.capacity)
        limit = setup.capacity
    }

    func attempt(_ work: @Sendable () async -> Void) async -> Bool {
        guard semaphore.tryAcquire(1).isGranted else { return false }
        await work()
        semaphore.release(1)
        return true
    }
}

/// Everybody may.
struct NoLimiting: LimitSystem {
    func attempt(_ work: @Sendable () async -> Void) async -> Bool {
        await work()
        return true
    }

    var limit: Int? { nil }
}
