public import ConcurrencySupport

/// The threads that wait at a queue behind a lock, beside the tasks in its state.
///
/// A task is handed what it waits for under the lock. A thread is only woken to try again, and meanwhile whoever runs goes
/// on.
///
/// No wake-up is lost, by two rules. A thread counts itself in its word before it looks at the state under the lock for
/// the last time: either it sees what has come, or whoever brought it took the lock later and sees the thread. And every
/// operation that leaves an element behind while threads are parked for one wakes one of them (likewise for room, and
/// however it came about). So while there is something for a parked thread, one that was woken has yet to try, or an
/// operation is about to wake one; whoever tries takes the last or wakes the next.
///
/// Generic over the atomic word so that the same code runs on the machine and under a model checker.
@usableFromInline
struct ParkedThreads<Word: AtomicWord>: ~Copyable, Sendable {
    // Unsafe but sound: words that live as long as this, on a line of their own, reached only as atomic words.
    @usableFromInline nonisolated(unsafe) let words: UnsafeMutableRawPointer
    @usableFromInline let producers: WaitList<Word>
    @usableFromInline let consumers: WaitList<Word>

    @usableFromInline
    init() {
        words = .allocate(byteCount: 128, alignment: 128)
        for offset in stride(from: 0, to: 24, by: 8) { Word(at: words + offset).initialize(to: 0) }
        producers = WaitList(waitingWord: Word(at: words))
        consumers = WaitList(waitingWord: Word(at: words + 8))
    }

    @inlinable
    deinit {
        words.deallocate()
    }

    /// Whether no thread is parked. Asked under the lock, which orders the loads.
    @inlinable @inline(__always)
    var isEmpty: Bool {
        Word(at: words).loadRelaxed() | Word(at: words + 8).loadRelaxed() == 0
    }

    /// What the queue's lock is announced by.
    @inlinable @inline(__always)
    var lockWord: Word { Word(at: words + 16) }

    /// What a queue has that a thread may be waiting for.
    @inlinable @inline(never)
    func openings<Element, Producer, Consumer>(
        _ state: borrowing QueueState<Element, Producer, Consumer>
    ) -> QueueOpenings {
        var openings: QueueOpenings = []
        if !state.mustWait { openings.insert(.room) }
        if !state.isEmptyAndOpen { openings.insert(.element) }
        return openings
    }

    /// Wakes one thread for each opening, if one is parked for it. Outside the lock.
    @inlinable @inline(never)
    func wake(_ openings: QueueOpenings) {
        if openings.contains(.room), producers.waitingWord.loadRelaxed() != 0 { producers.notifyOne() }
        if openings.contains(.element), consumers.waitingWord.loadRelaxed() != 0 { consumers.notifyOne() }
    }

    /// Wakes every thread, outside the lock: the queue has been closed.
    @usableFromInline
    func wakeAll() {
        producers.notifyAll()
        consumers.notifyAll()
    }
}

/// What a parked thread may be waiting for.
@usableFromInline
struct QueueOpenings: OptionSet, Sendable {
    @usableFromInline let rawValue: UInt8
    @inlinable static var room: QueueOpenings { QueueOpenings(rawValue: 1) }
    @inlinable static var element: QueueOpenings { QueueOpenings(rawValue: 2) }

    @inlinable
    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }
}
