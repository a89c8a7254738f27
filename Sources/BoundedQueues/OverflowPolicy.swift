/// What a bounded queue does with an element that is offered while it is full.
///
/// A struct with static members rather than an enum, so that policies can be added without breaking anyone's `switch`.
@frozen
public struct OverflowPolicy: Sendable, Hashable, CustomStringConvertible {
    @usableFromInline
    enum Kind: UInt8, Sendable {
        case block, reject, dropNewest, dropOldest, sample, throttle, spill
    }

    @usableFromInline let kind: Kind
    /// Sampling: one in so many enters.
    @usableFromInline var interval: UInt = 1
    /// Sampling and throttling begin at this share of the capacity.
    @usableFromInline var low = 0.0
    /// Throttling is at its strongest from this share on.
    @usableFromInline var high = 1.0
    /// Throttling: the delay at the high watermark.
    @usableFromInline var longestDelayNanoseconds: UInt64 = 0

    @inlinable
    init(kind: Kind) {
        self.kind = kind
    }

    /// The producer waits until there is room (``BoundedQueue/push(_:)``), or gets its element back
    /// (``BoundedQueue/tryPush(_:)``).
    @inlinable public static var block: Self { Self(kind: .block) }

    /// The producer gets its element back at once, with an error that says how full the queue is and when to try again.
    @inlinable public static var reject: Self { Self(kind: .reject) }

    /// The offered element goes to the drop handler (tail drop).
    @inlinable public static var dropNewest: Self { Self(kind: .dropNewest) }

    /// The oldest element goes to the drop handler and the offered one enters, in one step: the capacity is never
    /// exceeded and no push evicts more than one element.
    @inlinable public static var dropOldest: Self { Self(kind: .dropOldest) }

    /// From the low watermark on only the first of every n offers enters; the others, and whatever finds the queue full, go to the
    /// drop handler. Load is shed evenly before the queue is full, and what remains is a sample of what came.
    ///
    /// - Parameters:
    ///   - interval: n; at least 1, else a precondition fails.
    ///   - low: the share of the capacity, from 0 to 1, from which sampling begins.
    public static func sample(oneIn interval: Int, above low: Double = 0.5) -> Self {
        precondition(interval >= 1, "sampling takes one in at least 1; one in \(interval) was asked for")
        precondition((0...1).contains(low), "a watermark is a share from 0 to 1; it was \(low)")
        var policy = Self(kind: .sample)
        policy.interval = UInt(interval)
        policy.low = low
        return policy
    }

    /// Producers are slowed down before they are stopped: ``BoundedQueue/push(_:)`` waits longer the fuller the queue is,
    /// from nothing at the low watermark to `longestDelay` at the high one, and like ``block`` once it is full.
    ///
    /// `tryPush`, which never waits, is not delayed: it is refused once the queue is full. A delay that has begun ends
    /// early when the task is cancelled or its deadline passes, but not when the queue is closed.
    ///
    /// - Parameters:
    ///   - low: the share of the capacity, from 0 to 1, from which pushes are delayed.
    ///   - high: the share from which they are delayed longest; at least `low`.
    ///   - longestDelay: that delay; below 292 years.
    public static func throttle(
        from low: Double = 0.5,
        to high: Double = 0.9,
        longestDelay: Duration = .milliseconds(10)
    ) -> Self {
        precondition(0 <= low && low <= high && high <= 1, "watermarks are shares, 0 ≤ low ≤ high ≤ 1; \(low), \(high)")
        precondition(longestDelay >= .zero, "a delay can't be negative; it was \(longestDelay)")
        var policy = Self(kind: .throttle)
        policy.low = low
        policy.high = high
        policy.longestDelayNanoseconds = UInt64(clamping: Int64(longestDelay / .nanoseconds(1)))
        return policy
    }

    /// What finds no room goes to a ``SpillStore`` and re-enters in order as soon as there is room.
    @inlinable public static var spill: Self { Self(kind: .spill) }

    /// Whether a producer can be made to wait for room.
    @inlinable public var waitsForRoom: Bool { kind == .block || kind == .throttle }

    /// The policy's name as configuration files and tables write it, without its parameters.
    public var description: String {
        switch kind {
        case .block: "block"
        case .reject: "reject"
        case .dropNewest: "drop-newest"
        case .dropOldest: "drop-oldest"
        case .sample: "sample"
        case .throttle: "throttle"
        case .spill: "spill"
        }
    }

    /// How long a push is to be delayed with so many elements inside.
    @usableFromInline
    func delayNanoseconds(depth: Int, capacity: Int) -> UInt64 {
        let fill = Double(depth) / Double(capacity)
        guard kind == .throttle, fill > low else { return 0 }
        let strength = high > low ? min(1, (fill - low) / (high - low)) : 1
        return UInt64(strength * Double(longestDelayNanoseconds))
    }

    /// From how many elements inside on offers are sampled.
    @usableFromInline
    func samplingDepth(capacity: Int) -> Int {
        Int((low * Double(capacity)).rounded(.up))
    }
}

/// Why a policy gave up an element.
@frozen
public enum DropReason: Sendable, Hashable {
    /// It was offered to a full queue with ``OverflowPolicy/dropNewest`` or ``OverflowPolicy/sample(oneIn:above:)``. It
    /// never was inside.
    case full
    /// It was the oldest when another was offered to a full queue with ``OverflowPolicy/dropOldest``.
    case evicted
    /// It was not the one in n that ``OverflowPolicy/sample(oneIn:above:)`` lets in.
    case sampledOut
}

/// Receives every element that a policy gives up. Called by the thread or task that pushes, outside all locks.
public typealias DropHandler<Element: ~Copyable> =
    @Sendable (_ element: consuming Element, _ reason: DropReason) -> Void
