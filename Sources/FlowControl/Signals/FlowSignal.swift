/// How fast producers are wanted to go, from as fast as they like to not at all.
///
/// Ordered by how much it restricts: `resume < throttle(0.9) < throttle(0.1) < pause`.
public enum FlowLevel: Sendable, Hashable {
    /// As fast as they like.
    case resume
    /// At this share of their pace, between 0 and 1, kept to one part in 65 535. A share of 1 or more is ``resume``, one of 0
    /// or less ``pause``; a share that isn't a number fails a precondition.
    case throttle(Double)
    /// Not at all.
    case pause

    /// The share of their pace that producers are to keep: 1 for ``resume``, 0 for ``pause``.
    public var factor: Double { Double(pace) / Double(FlowLevel.fullPace) }
}

extension FlowLevel {
    /// The pace at which nothing is restricted; 0 is a pause. 16 bits, so that a level fits into a word with its version.
    @usableFromInline static let fullPace: UInt = 65_535

    /// The level as a whole number: the smaller, the more it restricts.
    @usableFromInline
    var pace: UInt {
        switch self {
        case .resume: return FlowLevel.fullPace
        case .pause: return 0
        case .throttle(let factor):
            precondition(!factor.isNaN, "a share of the pace must be a number")
            if factor >= 1 { return FlowLevel.fullPace }
            if factor <= 0 { return 0 }
            return min(max(UInt((factor * Double(FlowLevel.fullPace)).rounded()), 1), FlowLevel.fullPace - 1)
        }
    }

    /// The level that goes with a pace.
    @usableFromInline
    init(pace: UInt) {
        switch pace {
        case 0: self = .pause
        case FlowLevel.fullPace...: self = .resume
        default: self = .throttle(Double(pace) / Double(FlowLevel.fullPace))
        }
    }

    /// What the level comes to: a throttle that isn't one is what it is instead.
    var normalized: FlowLevel { FlowLevel(pace: pace) }
}

extension FlowLevel: Comparable {
    /// Whether the first restricts less.
    public static func < (first: FlowLevel, second: FlowLevel) -> Bool { first.pace > second.pace }
}

/// Why a consumer restricts its producers.
public enum FlowReason: Sendable, Hashable {
    /// It doesn't.
    case none
    /// So many elements wait, of at most so many.
    case depth(Int, of: Int)
    /// It takes too long.
    case latency
    /// Memory, processor or a pool runs short.
    case load
    /// Something that it depends on lets nothing through.
    case dependency
    /// It shuts down.
    case shutDown
    /// Something else, in words.
    case other(String)
}

/// What consumers ask of producers: a level, and why.
public struct FlowSignal: Sendable, Hashable {
    /// How fast producers are wanted to go.
    public let level: FlowLevel
    /// Why.
    public let reason: FlowReason

    /// A signal; a throttle whose share is 1 or more, or 0 or less, becomes what it amounts to.
    public init(_ level: FlowLevel, reason: FlowReason = .none) {
        self.level = level.normalized
        self.reason = reason
    }

    /// Nothing is restricted.
    public static var resume: FlowSignal { FlowSignal(.resume) }
}
