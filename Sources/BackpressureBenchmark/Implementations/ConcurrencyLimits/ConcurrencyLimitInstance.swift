public import FlowControl

/// One concurrency limit, ready to be driven: loops specialised for its type behind closures that are called once per some
/// hundred permits.
public struct ConcurrencyLimitInstance: Sendable {
    /// The limit behind the protocol: for checks, whose speed doesn't matter.
    let limit: any ConcurrencyLimit
    /// So many permits one after the other, each given back at once, if there are any. Returns how many were granted.
    let tryOnThread: (@Sendable (Int) -> Int)?
    let tryOnTask: @Sendable (Int) async -> Int
    /// The same by waiting for them, and with others allowed to run while each is held.
    let waitOnThread: (@Sendable (Int) -> Int)?
    let waitOnTask: @Sendable (Int) async -> Int

    @usableFromInline
    init(
        limit: any ConcurrencyLimit,
        tryOnThread: (@Sendable (Int) -> Int)?,
        tryOnTask: @escaping @Sendable (Int) async -> Int,
        waitOnThread: (@Sendable (Int) -> Int)?,
        waitOnTask: @escaping @Sendable (Int) async -> Int
    ) {
        self.limit = limit
        self.tryOnThread = tryOnThread
        self.tryOnTask = tryOnTask
        self.waitOnThread = waitOnThread
        self.waitOnTask = waitOnTask
    }

    /// A limit that threads and tasks can drive and wait for.
    @inlinable
    public init<Limit: BlockingConcurrencyLimit>(_ limit: Limit) {
        self.init(
            limit: limit,
            tryOnThread: { tryPermits(of: limit, times: $0) },
            tryOnTask: { await tryPermits(of: limit, times: $0) },
            waitOnThread: { waitForPermits(of: limit, times: $0) },
            waitOnTask: { await waitForPermits(of: limit, times: $0) }
        )
    }

    /// A limit that threads and tasks can drive, and tasks can wait for.
    @inlinable
    public init<Limit: SynchronousConcurrencyLimit>(_ limit: Limit) {
        self.init(
            limit: limit,
            tryOnThread: { tryPermits(of: limit, times: $0) },
            tryOnTask: { await tryPermits(of: limit, times: $0) },
            waitOnThread: nil,
            waitOnTask: { await waitForPermits(of: limit, times: $0) }
        )
    }

    /// A limit that tasks can drive and wait for.
    @inlinable
    public init<Limit: ConcurrencyLimit>(_ limit: Limit) {
        self.init(
            limit: limit,
            tryOnThread: nil,
            tryOnTask: { await tryPermits(of: limit, times: $0) },
            waitOnThread: nil,
            waitOnTask: { await waitForPermits(of: limit, times: $0) }
        )
    }
}
