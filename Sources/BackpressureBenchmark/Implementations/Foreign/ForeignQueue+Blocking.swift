import BoundedQueues
import CForeignImplementations
import ConcurrencySupport
import Synchronization

/// What a blocking pop came to.
enum ForeignPopResult<Element> {
    case taken(Element)
    /// There was nothing for as long as the caller waited.
    case timedOut
    /// The queue is closed and empty.
    case closed
}

extension ForeignPopResult: Equatable where Element: Equatable {}

extension ForeignQueue {
    /// The library can block a thread, for pushes and for pops.
    var canBlock: Bool { entry.push_wait != nil && entry.pop_wait != nil }

    /// Offers an element and blocks the thread while the queue is full.
    ///
    /// - Parameter timeout: `.full` comes after so long; `nil`: never.
    /// - Precondition: ``canBlock``.
    func pushBlocking(_ element: Element, timeout: Duration?) -> PushResult<Element> {
        guard let push = entry.push_wait else { preconditionFailure("the library can't block") }
        if isClosed.load(ordering: .relaxed) { return .closed(element) }
        let word = Element.word(for: element)
        var wait = SlicedWait(timeout)
        while true {
            switch push(queue, word, wait.nextSlice()) {
            case 1:
                return .accepted
            case -1:
                Element.giveBack(word)
                return .closed(element)
            default:
                guard isClosed.load(ordering: .acquiring) || wait.isOver else { continue }
                Element.giveBack(word)
                return isClosed.load(ordering: .relaxed) ? .closed(element) : .full(element)
            }
        }
    }

    /// Takes an element and blocks the thread while there is none.
    ///
    /// - Parameter timeout: `.timedOut` comes after so long; `nil`: never.
    /// - Precondition: ``canBlock``.
    func popBlocking(timeout: Duration?) -> ForeignPopResult<Element> {
        guard let pop = entry.pop_wait else { preconditionFailure("the library can't block") }
        var wait = SlicedWait(timeout)
        while true {
            let wasClosed = isClosed.load(ordering: .acquiring)
            // A closed queue has nobody to wait for, whether or not the library knows that it is closed.
            if wasClosed { return tryPop().map { .taken($0) } ?? .closed }
            var word: UInt64 = 0
            switch pop(queue, &word, wait.nextSlice()) {
            case 1: return .taken(Element.take(word))
            case -1: return .closed
            default: if wait.isOver { return .timedOut }
            }
        }
    }
}

/// A wait in slices, short enough to notice between two of them that a queue was closed whose library has no `close`.
private struct SlicedWait {
    private let deadlineNanoseconds: UInt64?
    private(set) var isOver = false

    private static let sliceNanoseconds: UInt64 = 100_000_000

    init(_ timeout: Duration?) {
        guard let timeout else {
            deadlineNanoseconds = nil
            return
        }
        // Three hundred years are as good as for ever.
        let limit = min(max(timeout, .zero), .nanoseconds(Int64.max))
        let nanoseconds = limit.components.seconds * 1_000_000_000 + limit.components.attoseconds / 1_000_000_000
        deadlineNanoseconds = SystemNanosecondClock().nanoseconds() + UInt64(nanoseconds)
    }

    /// How long to wait next; the last time there is a deadline, what is left until then.
    mutating func nextSlice() -> Int64 {
        guard let deadlineNanoseconds else { return Int64(Self.sliceNanoseconds) }
        let now = SystemNanosecondClock().nanoseconds()
        let left = deadlineNanoseconds > now ? deadlineNanoseconds - now : 0
        isOver = left <= Self.sliceNanoseconds
        return Int64(min(left, Self.sliceNanoseconds))
    }
}
