/// Decides from what a service takes to answer how much may be in progress there at a time.
///
/// A value without clocks, tasks or chance: the same samples give the same limits, so an algorithm can be tested, replayed
/// and copied to ask "what if". ``AdaptiveConcurrencyLimit`` measures, and makes a semaphore enforce what it decides.
public protocol ConcurrencyLimitAlgorithm: Sendable {
    /// The limits it may choose.
    var bounds: ClosedRange<Int> { get }

    /// The limit that it last chose, or starts with.
    var limit: Int { get }

    /// Takes what was measured at the present limit, and chooses the limit from now on.
    ///
    /// - Parameter sample: measured while the limit was in use, and since it was last changed.
    /// - Returns: ``limit``.
    @discardableResult
    mutating func sample(_ sample: ConcurrencySample) -> Int
}

/// What work took at the present limit: a mean over some time, not one request.
public struct ConcurrencySample: Sendable, Hashable {
    /// From the permit to its return, in nanoseconds, on average; of what was completed.
    public var roundTripNanoseconds: UInt64
    /// How well that is known: the standard error of the mean, as a share of it.
    public var relativeError: Double
    /// The most permits that were in use at once.
    public var inFlight: Int
    /// Whether the service refused or lost any of the work for want of capacity.
    public var isDropped: Bool

    /// A sample.
    public init(roundTripNanoseconds: UInt64, relativeError: Double = 0, inFlight: Int, isDropped: Bool = false) {
        self.roundTripNanoseconds = roundTripNanoseconds
        self.relativeError = relativeError
        self.inFlight = inFlight
        self.isDropped = isDropped
    }
}

/// A limit that stays within its bounds, which all algorithms keep. Not a whole number, so that small steps add up.
struct BoundedLimit: Sendable, Hashable {
    let bounds: ClosedRange<Int>
    private(set) var exact: Double

    init(bounds: ClosedRange<Int>, initial: Int) {
        PermitBounds.check(limit: bounds.lowerBound)
        PermitBounds.check(limit: bounds.upperBound)
        precondition(bounds.contains(initial), "a limit can't start at \(initial), outside its bounds \(bounds)")
        self.bounds = bounds
        exact = Double(initial)
    }

    var whole: Int { Int(exact.rounded()) }

    /// Moves as near to `wanted` as the bounds allow.
    mutating func move(to wanted: Double) {
        exact = min(max(wanted, Double(bounds.lowerBound)), Double(bounds.upperBound))
    }

    /// Whether the limit was what held requests back, so that good round trips speak for a higher one.
    func isUsed(in sample: ConcurrencySample) -> Bool { 2 * sample.inFlight >= whole }
}

/// How fast a limit grows while nothing speaks against it: by one or a small share of itself at first, then by twice as
/// much every other time, up to a larger share.
struct GrowingStep: Sendable, Hashable {
    private var next = 1.0
    private var isRepeated = false
    private let smallestShare: Double
    private let largestShare: Double

    init(shares: ClosedRange<Double>) {
        smallestShare = shares.lowerBound
        largestShare = shares.upperBound
    }

    mutating func take(at limit: Double) -> Double {
        let step = min(max(next, limit * smallestShare), max(1, limit * largestShare))
        if isRepeated { next = step * 2 }
        isRepeated.toggle()
        return step
    }

    /// Something speaks against it, though not for less.
    mutating func hesitate() {
        next = max(1, next / 4)
        isRepeated = false
    }

    mutating func reset() {
        next = 1
        isRepeated = false
    }
}
