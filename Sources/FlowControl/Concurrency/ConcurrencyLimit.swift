/// Lets no more work be in progress at a time than its limit, driven by tasks.
///
/// A request is for permits, as many as its *weight*; whoever was granted them gives them back with
/// ``release(_:)`` when the work is done. ``withPermit(_:timeout:_:)`` does that by itself.
///
/// What every conforming type promises:
/// - **Hard bound.** At no instant are more permits granted and not given back than the limit was at some moment since the
///   last of them was granted. (A limit that is lowered takes nothing away from work that is in progress.)
/// - **First come, first served.** Requests that wait are granted in order of arrival, however much they weigh: small ones
///   don't pass a big one, and ``tryAcquire(_:)`` is refused while somebody waits.
/// - **Nothing lost.** A request that is cancelled or late holds nothing, and those behind it move up at once, if its weight
///   was all that held them up. ``acquire(_:timeout:)`` that returns has its permits, even in a task that is cancelled.
/// - **Nothing endless.** A weight over the limit is refused for good, at once; also when the limit is lowered while
///   the request waits.
///
/// The requirements are `async` so that actors can conform; types that decide without suspending refine
/// ``SynchronousConcurrencyLimit``.
public protocol ConcurrencyLimit: Sendable {
    /// Asks for permits now. Never waits for permits.
    ///
    /// - Parameter weight: how many; at least 1, else a precondition fails.
    nonisolated(nonsending) func tryAcquire(_ weight: Int) async -> PermitAcquisition

    /// Waits for permits, first come first served.
    ///
    /// - Parameters:
    ///   - weight: how many; at least 1, else a precondition fails.
    ///   - timeout: the longest wait; zero or below: don't wait; `nil`: as long as it takes.
    /// - Throws: ``PermitError/timedOut`` if they weren't to be had in time; ``PermitError/exceedsLimit`` as soon as the weight
    ///   is over the limit; ``PermitError/cancelled`` if the task is cancelled while it waits, or before. The request holds
    ///   nothing then.
    nonisolated(nonsending) func acquire(_ weight: Int, timeout: Duration?) async throws(PermitError)

    /// Gives permits back that were granted. They may be given back in parts, and by anyone.
    ///
    /// - Parameter weight: how many; at least 1, and no more than are in use, else a precondition fails.
    nonisolated(nonsending) func release(_ weight: Int) async

    /// What is in use, who waits, and what was decided so far.
    func statistics() async -> ConcurrencyLimitStatistics

    /// Waits for permits, runs the work and gives them back, whether the work returns, throws or is cancelled.
    ///
    /// - Parameters:
    ///   - weight: how many permits the work needs.
    ///   - timeout: the longest wait for them; `nil`: as long as it takes.
    ///   - body: the work; it runs where the caller does.
    /// - Throws: ``PermitError`` if the work wasn't begun; what the work throws.
    nonisolated(nonsending) func withPermit<Value>(
        _ weight: Int,
        timeout: Duration?,
        _ body: () async throws -> Value
    ) async throws -> Value
}

extension ConcurrencyLimit {
    /// Waits for permits as long as it takes. See ``acquire(_:timeout:)``.
    public nonisolated(nonsending) func acquire(_ weight: Int = 1) async throws(PermitError) {
        try await acquire(weight, timeout: nil)
    }

    /// Waits for permits, runs the work and gives them back. See the requirement of the same name.
    public nonisolated(nonsending) func withPermit<Value>(
        _ weight: Int = 1,
        timeout: Duration? = nil,
        _ body: () async throws -> Value
    ) async throws -> Value {
        try await acquire(weight, timeout: timeout)
        let value: Value
        do {
            value = try await body()
        } catch {
            await release(weight)
            throw error
        }
        await release(weight)
        return value
    }
}

/// A concurrency limit that decides without suspending, so that threads can drive it.
public protocol SynchronousConcurrencyLimit: ConcurrencyLimit {
    /// Asks for permits now. Never waits for permits.
    ///
    /// - Parameter weight: how many; at least 1, else a precondition fails.
    func tryAcquire(_ weight: Int) -> PermitAcquisition

    /// Gives permits back that were granted.
    ///
    /// - Parameter weight: how many; at least 1, and no more than are in use, else a precondition fails.
    func release(_ weight: Int)

    /// What is in use, who waits, and what was decided so far.
    func statistics() -> ConcurrencyLimitStatistics
}

extension SynchronousConcurrencyLimit {
    /// Runs the work if the permits it needs are to be had now, and gives them back, also when it throws.
    ///
    /// - Parameters:
    ///   - weight: how many permits the work needs; at least 1, else a precondition fails.
    ///   - body: the work.
    /// - Returns: what the work returned; `nil`: it wasn't begun.
    @inlinable
    public func withPermitIfFree<Value, Failure: Error>(
        _ weight: Int = 1,
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value? {
        guard tryAcquire(weight).isGranted else { return nil }
        defer { release(weight) }
        return try body()
    }
}

/// A concurrency limit on which threads can wait that have no task to suspend. Never call its methods from a task: they
/// would hold a thread of the cooperative pool.
public protocol BlockingConcurrencyLimit: SynchronousConcurrencyLimit {
    /// Holds this thread until the permits are granted: parked, it costs no processor time. In one line with tasks that
    /// wait.
    ///
    /// - Parameters:
    ///   - weight: how many; at least 1, else a precondition fails.
    ///   - timeout: the longest wait, on the machine's clock; zero or below: don't wait; `nil`: as long as it takes.
    /// - Throws: as ``ConcurrencyLimit/acquire(_:timeout:)`` does, but never ``PermitError/cancelled``.
    @available(*, noasync, message: "blocks the thread; use acquire(_:timeout:) in a task")
    func acquireBlocking(_ weight: Int, timeout: Duration?) throws(PermitError)
}

/// A concurrency limit whose limit is its owner's to change while it is in use.
public protocol AdjustableConcurrencyLimit: ConcurrencyLimit {
    /// Changes the limit. When it is raised, those who wait are granted what there is now. When it is lowered below what is
    /// in use, work in progress goes on, and nothing is granted until enough has been given back; requests that wait and
    /// weigh more than the new limit fail with ``PermitError/exceedsLimit``. O(waiters).
    ///
    /// - Parameter limit: from 1 to 2³¹ − 1, else a precondition fails.
    func setLimit(_ limit: Int) async
}
