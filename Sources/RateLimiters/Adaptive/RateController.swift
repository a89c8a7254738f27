/// Decides from readings how many permits a second a limiter should grant.
///
/// A value without clocks, files or chance: the same readings give the same decisions, so a controller can be tested,
/// replayed and copied to ask "what if". ``AdaptiveRateLimiter`` makes a limiter enforce what it decides.
public protocol RateController: Sendable {
    /// What it decides from.
    associatedtype Reading: Sendable

    /// The rates it may choose, in permits per second; within ``Rate/allowedPerSecond``.
    var bounds: ClosedRange<Double> { get }

    /// The rate that it last chose, or starts with, in permits per second.
    var permitsPerSecond: Double { get }

    /// Takes the next reading, at whatever regular interval its caller keeps, and chooses the rate from now on.
    mutating func next(_ reading: Reading) -> RateDecision
}

/// What a ``RateController`` decided, and why.
public struct RateDecision: Sendable, Hashable {
    /// What became of the rate.
    public enum Change: Sendable, Hashable {
        /// Nothing was known, so nothing was changed.
        case unmeasured
        /// It was right as it was, or at its bound.
        case held
        /// It was lowered.
        case lowered
        /// It was raised.
        case raised
    }

    /// The rate from now on, in permits per second.
    public var permitsPerSecond: Double
    /// What became of it.
    public var change: Change
    /// Why, in words for a log.
    public var reason: String

    /// A decision.
    public init(permitsPerSecond: Double, change: Change, reason: String) {
        self.permitsPerSecond = permitsPerSecond
        self.change = change
        self.reason = reason
    }
}

/// A rate that stays within its bounds, which all controllers keep.
struct BoundedRate: Sendable, Hashable {
    let bounds: ClosedRange<Double>
    private(set) var permitsPerSecond: Double

    init(bounds: ClosedRange<Double>, initial: Double?) {
        precondition(
            Rate.allowedPerSecond.contains(bounds.lowerBound) && Rate.allowedPerSecond.contains(bounds.upperBound),
            "the bounds of a rate must lie within \(Rate.allowedPerSecond) permits per second; they were \(bounds)"
        )
        let start = initial ?? bounds.upperBound
        precondition(bounds.contains(start), "a rate can't start at \(start), outside its bounds \(bounds)")
        self.bounds = bounds
        permitsPerSecond = start
    }

    /// Moves as near to `wanted` as the bounds allow.
    mutating func move(to wanted: Double, because reason: String) -> RateDecision {
        let next = min(max(wanted, bounds.lowerBound), bounds.upperBound)
        let change: RateDecision.Change =
            next < permitsPerSecond ? .lowered : next > permitsPerSecond ? .raised : .held
        permitsPerSecond = next
        return decision(change, reason)
    }

    func stay(_ reason: String) -> RateDecision { decision(.held, reason) }

    func unmeasured(_ reason: String) -> RateDecision { decision(.unmeasured, reason) }

    private func decision(_ change: RateDecision.Change, _ reason: String) -> RateDecision {
        RateDecision(permitsPerSecond: permitsPerSecond, change: change, reason: reason)
    }
}

extension Double {
    /// With so many decimals, for the reasons of decisions.
    func rounded(decimals: Int) -> String {
        let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
        return "\((self * scale).rounded() / scale)"
    }
}
