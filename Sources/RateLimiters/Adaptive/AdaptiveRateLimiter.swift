internal import ConcurrencySupport

/// How large an ``AdaptiveRateLimiter``'s burst is at each rate.
public struct AdaptiveBurst: Sendable, Hashable {
    private let least: Int
    private let seconds: Double

    /// Always the same; at least 1, else a precondition fails.
    public static func fixed(_ permits: Int) -> Self { Self(least: permits, seconds: 0) }

    /// What the rate grants in a time, rounded down, but no less than `least`: a limiter that is throttled lets through
    /// smaller bursts too.
    ///
    /// - Parameters:
    ///   - duration: not negative, else a precondition fails.
    ///   - least: at least 1, else a precondition fails; no request may be for more.
    public static func worth(_ duration: Duration, atLeast least: Int = 1) -> Self {
        precondition(duration >= .zero, "a burst can't be worth \(duration)")
        return Self(least: least, seconds: duration / .seconds(1))
    }

    private init(least: Int, seconds: Double) {
        precondition(least >= 1, "a burst must be at least one permit; got \(least)")
        self.least = least
        self.seconds = seconds
    }

    /// The burst at a rate in permits per second.
    public func permits(atPermitsPerSecond rate: Double) -> Int {
        max(least, Int(exactly: (rate * seconds).rounded(.down)) ?? .max)
    }
}

/// A rate limiter whose rate follows what a ``RateController`` reads: load, lag or latency.
///
/// It grants what another limiter, its base, grants, and sets that one's rate: what the controller decides is enforced,
/// for those who already wait too. Nothing is read on its own account: call ``adjust(_:)`` at regular intervals, or
/// have ``run(every:clock:reading:)`` do so in a task that you start.
///
/// ```swift
/// let limiter = AdaptiveRateLimiter(
///     controller: LagController(bounds: 100...10_000),
///     burst: .worth(.milliseconds(100))
/// ) { rate, burst in LockFreeTokenBucket(rate: rate, burst: burst) }
///
/// await limiter.run(every: .seconds(1)) { await consumers.lag() }
/// ```
///
/// Requests cost what they cost the base. In the windows that lie between two adjustments its envelope is that of the
/// rate and burst which ``status`` names.
public final class AdaptiveRateLimiter<Base: AdjustableRateLimiter, Controller: RateController>: RateLimiter {
    /// The limiter that grants the permits. Whoever asks it directly shares them; change its rate only here.
    public let base: Base
    private let burst: AdaptiveBurst
    private let state: Lock<State>

    private struct State {
        var controller: Controller
        var status: AdaptiveStatus<Controller.Reading>
        /// What the base has yet to be told, and whether someone is telling it.
        var pending: (rate: Rate, burst: Int)?
        var isUpdating = false
    }

    /// A limiter that starts with the controller's rate.
    ///
    /// - Parameters:
    ///   - controller: decides the rate.
    ///   - burst: how large the burst is at each rate.
    ///   - makeBase: makes the limiter that grants the permits, with the rate and burst to start with.
    public init(controller: Controller, burst: AdaptiveBurst, makeBase: (_ rate: Rate, _ burst: Int) -> Base) {
        for bound in [controller.bounds.lowerBound, controller.bounds.upperBound] {
            // Fails now, and not on the day when the rate gets there, if the two are impossible together.
            let burst = burst.permits(atPermitsPerSecond: bound)
            _ = TokenBucketAlgebra(rate: .perSecond(bound), burst: burst, originNanoseconds: 0)
            // A rate in between can be one of up to 16 permits in a time that takes as many times the numbers.
            precondition(
                Double(burst) * 16e9 / bound < 0x1p61,
                "a burst of \(burst) at rates from \(bound) a second on takes too long to refill: the limit is some years"
            )
        }
        let (rate, permits) = Self.terms(controller.permitsPerSecond, controller.bounds, burst)
        base = makeBase(rate, permits)
        self.burst = burst
        state = Lock(State(controller: controller, status: AdaptiveStatus(rate: rate, burst: permits)))
    }

    /// Asks for permits now, at the present rate; never waits for permits. See ``RateLimiter/tryAcquire(_:)``.
    @inlinable
    public func tryAcquire(_ permits: Int = 1) async -> Acquisition {
        await base.tryAcquire(permits)
    }

    /// Waits for permits, first come first served; a change of the rate holds for those who wait too. See
    /// ``RateLimiter/acquire(_:timeout:)``.
    @inlinable
    public func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        try await base.acquire(permits, timeout: timeout)
    }

    /// The present rate, what was read last, and what was decided from it.
    public var status: AdaptiveStatus<Controller.Reading> { state.withLock(\.status) }

    /// Gives the controller a reading and sets the rate that it decides.
    ///
    /// When it returns the base grants at that rate; or, if another adjustment is under way at the same time, will do
    /// so as soon as that one is done, and always ends up with the latest decision.
    @discardableResult
    public func adjust(_ reading: Controller.Reading) async -> RateDecision {
        let (decision, isMine) = state.withLock { state in
            var decision = state.controller.next(reading)
            let (rate, permits) = Self.terms(decision.permitsPerSecond, state.controller.bounds, burst)
            decision.permitsPerSecond = rate.permitsPerSecond
            if rate != state.status.rate || permits != state.status.burst { state.pending = (rate, permits) }
            state.status.rate = rate
            state.status.burst = permits
            state.status.reading = reading
            state.status.decision = decision
            state.status.adjustments += 1
            let isMine = !state.isUpdating && state.pending != nil
            if isMine { state.isUpdating = true }
            return (decision, isMine)
        }
        guard isMine else { return decision }
        while let (rate, permits) = nextUpdate() { await base.update(rate: rate, burst: permits) }
        return decision
    }

    /// Reads and adjusts at regular intervals until the task is cancelled, then returns.
    ///
    /// A reading that takes longer than the interval delays the next one; none are made up for.
    ///
    /// - Parameters:
    ///   - interval: from one adjustment to the next, the first after one interval; above zero, else a precondition
    ///     fails.
    ///   - clock: where the intervals are measured.
    ///   - reading: what the controller is given.
    public func run(
        every interval: Duration,
        clock: some Clock<Duration> = ContinuousClock(),
        reading: @Sendable () async -> Controller.Reading
    ) async {
        precondition(interval > .zero, "an interval must be above zero; it was \(interval)")
        var next = clock.now.advanced(by: interval)
        while !Task.isCancelled {
            // Throws if, and only if, the task is cancelled.
            guard (try? await clock.sleep(until: next, tolerance: nil)) != nil else { return }
            await adjust(reading())
            let now = clock.now
            next = next.advanced(by: interval)
            if next < now { next = now.advanced(by: interval) }
        }
    }

    private func nextUpdate() -> (rate: Rate, burst: Int)? {
        state.withLock { state in
            let update = state.pending
            state.pending = nil
            if update == nil { state.isUpdating = false }
            return update
        }
    }

    /// A controller of someone else's may decide anything: its bounds hold all the same.
    private static func terms(
        _ wanted: Double,
        _ bounds: ClosedRange<Double>,
        _ burst: AdaptiveBurst
    ) -> (Rate, Int) {
        let wanted = wanted.isNaN ? bounds.lowerBound : min(max(wanted, bounds.lowerBound), bounds.upperBound)
        let rate = Rate.perSecond(wanted)
        return (rate, burst.permits(atPermitsPerSecond: wanted))
    }
}

extension AdaptiveRateLimiter: SynchronousRateLimiter where Base: SynchronousRateLimiter {
    /// Asks for permits now, at the present rate; never waits. See ``RateLimiter/tryAcquire(_:)``.
    @inlinable
    public func tryAcquire(_ permits: Int = 1) -> Acquisition {
        base.tryAcquire(permits)
    }
}

extension AdaptiveRateLimiter where Controller.Reading == LoadReadings {
    /// Reads a provider and adjusts at regular intervals until the task is cancelled, then returns. See
    /// ``run(every:clock:reading:)``.
    public func run(
        every interval: Duration,
        clock: some Clock<Duration> = ContinuousClock(),
        provider: some LoadProvider
    ) async {
        await run(every: interval, clock: clock) { await provider.readings() }
    }
}

/// What an ``AdaptiveRateLimiter`` does at present, and why.
public struct AdaptiveStatus<Reading: Sendable>: Sendable {
    /// The rate that is enforced.
    public internal(set) var rate: Rate
    /// The burst that is enforced.
    public internal(set) var burst: Int
    /// What was read last; `nil` before the first adjustment.
    public internal(set) var reading: Reading?
    /// What was decided from it, and why.
    public internal(set) var decision: RateDecision?
    /// How many adjustments there have been.
    public internal(set) var adjustments: UInt64 = 0
}
