public import Backpressure

/// A policy under which a queue gives elements up: what is lost then must be what the policy says, and told.
public enum DroppingPolicy: Sendable, Hashable {
    /// ``/Backpressure/OverflowPolicy/dropNewest``.
    case dropNewest
    /// ``/Backpressure/OverflowPolicy/dropOldest``.
    case dropOldest
    /// ``/Backpressure/OverflowPolicy/sample(oneIn:above:)``.
    case sample(oneIn: Int, above: Double)

    /// The same as a queue takes it.
    public var policy: OverflowPolicy {
        switch self {
        case .dropNewest: .dropNewest
        case .dropOldest: .dropOldest
        case .sample(let interval, let low): .sample(oneIn: interval, above: low)
        }
    }

    /// Why an element may be given up.
    var reasons: [DropReason] {
        switch self {
        case .dropNewest: [.full]
        case .dropOldest: [.evicted]
        case .sample: [.full, .sampledOut]
        }
    }
}

/// What a queue told its drop handler of one element.
struct ToldDrop: Sendable, Hashable {
    let value: UInt64
    let reason: DropReason
    /// How often it told it.
    let times: Int
    /// When it did so last.
    let stamp: UInt64
    /// The thread that the handler was called on; `nil`: none that pushed.
    let thread: Int?
}
