/// An element that could not be delivered, with what somebody needs to know who looks at it later or sends it again.
public struct DeadLetter<Element: Sendable>: Sendable {
    /// What could not be delivered.
    public var element: Element
    /// Why.
    public var reason: DeadLetterReason
    /// How often its delivery was tried; 0: it was refused unseen.
    public var attempts: Int
    /// When it was given up, in nanoseconds of the clock that its sender was made with.
    public var nanoseconds: UInt64

    /// A letter; `attempts` is at least 0, else a precondition fails.
    public init(_ element: Element, reason: DeadLetterReason, attempts: Int, nanoseconds: UInt64) {
        precondition(attempts >= 0, "a delivery can't have been tried \(attempts) times")
        self.element = element
        self.reason = reason
        self.attempts = attempts
        self.nanoseconds = nanoseconds
    }
}

extension DeadLetter: Equatable where Element: Equatable {}
extension DeadLetter: Hashable where Element: Hashable {}

/// Why an element became a ``DeadLetter``.
public enum DeadLetterReason: Hashable, Sendable {
    /// A circuit breaker let nothing through.
    case circuitOpen
    /// Every attempt failed; the last error in words.
    case failed(String)
    /// It could not be read or processed at all; the error in words.
    case malformed(String)
    /// Its deadline passed before it was its turn.
    case expired
    /// What was to deliver it shut down first.
    case shutDown
}

/// Takes what could not be delivered.
public protocol DeadLetterSink<Element>: Sendable {
    /// What could not be delivered.
    associatedtype Element: Sendable

    /// Takes the letter over; `false`: there is no room, and the letter is still its sender's, to keep or to return.
    func accept(_ letter: DeadLetter<Element>) async -> Bool
}
