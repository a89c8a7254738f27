internal import ConcurrencySupport

/// What became of work under a ``TimedPermit``, as far as it tells about the service's capacity.
@frozen
public enum PermitOutcome: Sendable, Hashable {
    /// It was done; how long it took counts.
    case succeeded
    /// The service refused it, or didn't answer in time: a sign of too much work in progress.
    case dropped
    /// It ended early for a reason of its own: how long it took says nothing.
    case ignored
}

/// Permits of an ``AdaptiveConcurrencyLimit``, and when they were granted.
public struct TimedPermit: Sendable, Hashable {
    /// How many there are.
    public let weight: Int
    let beginNanoseconds: UInt64
}

/// A concurrency limit that finds its limit by itself: a semaphore, and a ``ConcurrencyLimitAlgorithm`` that is told how long
/// the work under its permits takes.
///
/// Use ``withPermit(_:timeout:_:)``, or ``acquirePermit(_:timeout:)`` and ``release(_:_:)``: these measure. The permits of
/// ``acquire(_:timeout:)`` count, but nothing is learned from them.
///
/// Round trips are gathered in windows (``SampleWindow``). What was under way when the limit was changed isn't counted, nor is
/// a window in which less than nine tenths of the limit were used, unless work was dropped: it says nothing about the
/// limit. So an idle or slowly fed service leaves the limit where it is.
///
/// A weight over the limit is refused at once, whatever the limit is just then: no request may weigh more than the lower
/// bound of the algorithm.
///
/// - Complexity: that of ``LockFreeSemaphore``, with two readings of the clock and, when a permit is released, a short lock.
public final class AdaptiveConcurrencyLimit<
    Algorithm: ConcurrencyLimitAlgorithm,
    ClockType: NanosecondClock
>: SynchronousConcurrencyLimit {
    private struct State {
        var algorithm: Algorithm
        var samples: WindowedSamples
    }

    private let semaphore: LockFreeSemaphore
    private let clock: ClockType
    private let outcome: @Sendable (any Error) -> PermitOutcome
    private let state: Lock<State>

    /// The least use of the limit, as a share of it, that says something about it.
    private static var leastUse: Double { 0.9 }

    /// A limit that starts with the algorithm's.
    ///
    /// - Parameters:
    ///   - algorithm: decides the limit.
    ///   - window: how many round trips make one sample.
    ///   - clock: what round trips and deadlines are measured on.
    ///   - outcome: what an error that ``withPermit(_:timeout:_:)``'s work throws says about the service; by default nothing.
    ///     Let it be ``PermitOutcome/dropped`` for refusals and timeouts.
    public init(
        algorithm: Algorithm,
        window: SampleWindow = SampleWindow(),
        clock: ClockType,
        outcome: @escaping @Sendable (any Error) -> PermitOutcome = { _ in .ignored }
    ) {
        semaphore = LockFreeSemaphore(limit: algorithm.limit, clock: clock)
        self.clock = clock
        self.outcome = outcome
        state = Lock(
            State(algorithm: algorithm, samples: WindowedSamples(window, atNanoseconds: clock.nanoseconds()))
        )
    }

    /// The present limit.
    public var limit: Int { semaphore.limit }

    /// What the algorithm knows, as a copy.
    public var algorithm: Algorithm { state.withLock { $0.algorithm } }

    /// Asks for permits that measure, now; `nil`: they aren't to be had.
    ///
    /// - Parameter weight: how many; at least 1, else a precondition fails.
    public func tryAcquirePermit(_ weight: Int = 1) -> TimedPermit? {
        guard semaphore.tryAcquire(weight).isGranted else { return nil }
        return TimedPermit(weight: weight, beginNanoseconds: clock.nanoseconds())
    }

    /// Waits for permits that measure. See ``ConcurrencyLimit/acquire(_:timeout:)``.
    public nonisolated(nonsending) func acquirePermit(
        _ weight: Int = 1,
        timeout: Duration? = nil
    ) async throws(PermitError) -> TimedPermit {
        try await semaphore.acquire(weight, timeout: timeout)
        return TimedPermit(weight: weight, beginNanoseconds: clock.nanoseconds())
    }

    /// Gives permits back and says what became of the work. Once for each permit.
    public func release(_ permit: TimedPermit, _ outcome: PermitOutcome = .succeeded) {
        let newLimit = outcome == .ignored ? nil : learn(from: permit, outcome)
        semaphore.release(permit.weight)
        if let newLimit { enforce(newLimit) }
    }

    /// Waits for permits, runs the work, gives them back and learns from how long it took. What an error of the work says
    /// about the service was given to the initialiser.
    public nonisolated(nonsending) func withPermit<Value>(
        _ weight: Int = 1,
        timeout: Duration? = nil,
        _ body: () async throws -> Value
    ) async throws -> Value {
        let permit = try await acquirePermit(weight, timeout: timeout)
        do {
            let value = try await body()
            release(permit)
            return value
        } catch {
            release(permit, outcome(error))
            throw error
        }
    }

    /// Asks for permits that measure nothing, now. See ``ConcurrencyLimit/tryAcquire(_:)``.
    public func tryAcquire(_ weight: Int = 1) -> PermitAcquisition { semaphore.tryAcquire(weight) }

    /// Waits for permits that measure nothing. See ``ConcurrencyLimit/acquire(_:timeout:)``.
    public nonisolated(nonsending) func acquire(_ weight: Int, timeout: Duration?) async throws(PermitError) {
        try await semaphore.acquire(weight, timeout: timeout)
    }

    /// Gives permits back that measure nothing. See ``ConcurrencyLimit/release(_:)``.
    public func release(_ weight: Int = 1) { semaphore.release(weight) }

    /// What is in use and who waits; requests aren't counted.
    public func statistics() -> ConcurrencyLimitStatistics { semaphore.statistics() }

    /// The limit from now on, if it changes.
    private func learn(from permit: TimedPermit, _ outcome: PermitOutcome) -> Int? {
        let inFlight = semaphore.inUse
        return state.withLock { state in
            let now = clock.nanoseconds()
            let roundTrip = now > permit.beginNanoseconds ? now - permit.beginNanoseconds : 0
            let sample = state.samples.add(
                roundTripNanoseconds: outcome == .succeeded ? roundTrip : nil,
                inFlight: inFlight,
                atNanoseconds: now
            )
            let before = state.algorithm.limit
            guard let sample, sample.isDropped || Double(sample.inFlight) >= Self.leastUse * Double(before) else {
                return nil
            }
            let limit = state.algorithm.sample(sample)
            guard limit != before else { return nil }
            // For so long, what ends was begun at the old limit for the greater part.
            state.samples.begin(atNanoseconds: now + sample.roundTripNanoseconds)
            return limit
        }
    }

    /// Sets the limit outside the lock, since that wakes whoever waits. Of several who do so at once, the last to be done
    /// sees the newest limit.
    private func enforce(_ limit: Int) {
        var limit = limit
        while true {
            semaphore.setLimit(limit)
            let newest = state.withLock { $0.algorithm.limit }
            if newest == limit { return }
            limit = newest
        }
    }
}

extension AdaptiveConcurrencyLimit where ClockType == SystemNanosecondClock {
    /// A limit on the machine's monotonic clock that starts with the algorithm's.
    public convenience init(
        algorithm: Algorithm,
        window: SampleWindow = SampleWindow(),
        outcome: @escaping @Sendable (any Error) -> PermitOutcome = { _ in .ignored }
    ) {
        self.init(algorithm: algorithm, window: window, clock: SystemNanosecondClock(), outcome: outcome)
    }
}
