/// What came of asking a queue for an element with a deadline.
@frozen
public enum PopResult<Element: ~Copyable>: ~Copyable {
    /// The oldest element.
    case element(Element)
    /// The deadline passed while there was none.
    case timedOut
    /// The queue is closed and empty: nothing will come.
    case finished
    /// The task was cancelled while it waited; nothing was taken.
    case cancelled
}

extension PopResult: Copyable where Element: Copyable {}
extension PopResult: Sendable where Element: Sendable & ~Copyable {}
extension PopResult: Equatable where Element: Equatable {}

extension PopResult where Element: ~Copyable {
    /// The element, if there was one.
    @inlinable
    public consuming func takeElement() -> Element? {
        switch consume self {
        case .element(let element): element
        case .timedOut: nil
        case .finished: nil
        case .cancelled: nil
        }
    }
}

extension PopResult {
    /// The element, if there was one.
    @inlinable
    public var element: Element? { takeElement() }
}
