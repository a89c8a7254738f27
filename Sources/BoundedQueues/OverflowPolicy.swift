/// What a bounded queue does with an element that is offered while it is full.
///
/// A struct with static members rather than an enum, so that policies can be added without breaking anyone's `switch`.
@frozen
public struct OverflowPolicy: Sendable, Hashable, CustomStringConvertible {
    @usableFromInline
    enum Kind: UInt8, Sendable {
        case block, reject, dropNewest, dropOldest
    }

    @usableFromInline
    let kind: Kind

    @inlinable
    init(kind: Kind) {
        self.kind = kind
    }

    /// The producer waits until there is room (``BoundedQueue/push(_:)``), or gets its element back
    /// (``BoundedQueue/tryPush(_:)``).
    @inlinable public static var block: Self { Self(kind: .block) }

    /// The producer gets its element back at once.
    @inlinable public static var reject: Self { Self(kind: .reject) }

    /// The offered element goes to the drop handler (tail drop).
    @inlinable public static var dropNewest: Self { Self(kind: .dropNewest) }

    /// The oldest element goes to the drop handler and the offered one enters, in one step: the capacity is never
    /// exceeded and no push evicts more than one element.
    @inlinable public static var dropOldest: Self { Self(kind: .dropOldest) }

    /// The policy's name as configuration files and tables write it.
    public var description: String {
        switch kind {
        case .block: "block"
        case .reject: "reject"
        case .dropNewest: "drop-newest"
        case .dropOldest: "drop-oldest"
        }
    }
}

/// Why a policy gave up an element.
@frozen
public enum DropReason: Sendable, Hashable {
    /// It was offered to a full queue with ``OverflowPolicy/dropNewest``. It never was inside.
    case full
    /// It was the oldest when another was offered to a full queue with ``OverflowPolicy/dropOldest``.
    case evicted
}

/// Receives every element that a policy gives up. Called by the thread or task that pushes, outside all locks.
public typealias DropHandler<Element> = @Sendable (_ element: Element, _ reason: DropReason) -> Void
