import BoundedQueues
import CForeignImplementations
import ConcurrencySupport
import Synchronization

/// The library's blocking functions, of those libraries that have them: ``canBlock`` must be asked first.
extension ForeignQueue: BlockingBoundedQueue {
    /// The library can block a thread, for pushes and for pops.
    var canBlock: Bool { entry.push_wait != nil && entry.pop_wait != nil }

    /// Offers an element; where the policy waits, holds this thread until there is room.
    ///
    /// - Precondition: ``canBlock``.
    @available(*, noasync, message: "blocks the thread; use push(_:) in a task")
    func pushBlocking(_ element: Element, timeout: Duration?) -> PushResult<Element> {
        guard let push = entry.push_wait else { preconditionFailure("the library can't block") }
        guard policy.waitsForRoom else { return tryPush(element) }
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
                return isClosed.load(ordering: .relaxed) ? .closed(element) : .timedOut(element)
            }
        }
    }

    /// Takes the oldest element; holds this thread while there is none.
    ///
    /// - Precondition: ``canBlock``.
    @available(*, noasync, message: "blocks the thread; use pop() in a task")
    func popBlocking(timeout: Duration?) -> PopResult<Element> {
        guard let pop = entry.pop_wait else { preconditionFailure("the library can't block") }
        var wait = SlicedWait(timeout)
        while true {
            let wasClosed = isClosed.load(ordering: .acquiring)
            // A closed queue has nobody to wait for, whether or not the library knows that it is closed.
            if wasClosed { return tryPop().map { .element($0) } ?? .finished }
            var word: UInt64 = 0
            switch pop(queue, &word, wait.nextSlice()) {
            case 1: return .element(Element.take(word))
            case -1: return .finished
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
        deadlineNanoseconds = timeout.map { timeout in
            let (deadline, isNever) = SystemNanosecondClock().nanoseconds()
                .addingReportingOverflow(timeout.nanosecondsClamped)
            return isNever ? .max : deadline
        }
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
