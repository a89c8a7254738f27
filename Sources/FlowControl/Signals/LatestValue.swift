public import ConcurrencySupport

/// A value that one side changes and the other reads or awaits the newest of: state, not a backlog of messages.
///
/// One word carries the version, which grows with every change, and the value's ``TaggedValue/tag``: who needs no more than
/// that reads it with one load. The whole value is behind a lock, which is held for some instructions.
///
/// Changes and the word move together under the lock, so that the word never says something older than the value; waiters
/// are woken by the rules of ``WaitList``, so that no change is missed.
@usableFromInline
final class LatestValue<Value: TaggedValue, Word: AtomicWord>: Sendable {
    private let state: Lock<Value>
    // Unsafe but sound: allocated by init, freed by deinit, and reached only through atomic words.
    private nonisolated(unsafe) let memory: UnsafeMutableRawPointer
    private let ownsMemory: Bool
    /// The version, and in the lowest 16 bits the tag.
    @usableFromInline let word: Word
    private let waiters: WaitList<Word>

    /// - Parameters:
    ///   - value: the value to begin with, version 0.
    ///   - memory: for two words 128 bytes apart, which the caller keeps; `nil`: memory of its own.
    init(_ value: Value, memory given: UnsafeMutableRawPointer? = nil) {
        // Two pairs of cache lines: whoever waits counts itself in another than the one that producers read all the time.
        memory = given ?? .allocate(byteCount: 256, alignment: 128)
        ownsMemory = given == nil
        word = Word(at: memory)
        word.initialize(to: value.tag)
        let waiting = Word(at: memory + (given == nil ? 128 : 8))
        waiting.initialize(to: 0)
        waiters = WaitList(waitingWord: waiting)
        state = Lock(value)
    }

    deinit { if ownsMemory { memory.deallocate() } }

    /// The value's tag and its version, by one load.
    @inlinable @inline(__always)
    var stamp: Stamp { Stamp(word: word.loadAcquiring()) }

    /// The value now and the stamp that goes with it.
    func read() -> (value: Value, stamp: Stamp) {
        locked { value in (value, Stamp(word: word.loadAcquiring())) }
    }

    /// Looks at the value, or at a part of it, under the lock.
    func look<Result>(_ body: (Value) -> Result) -> Result { locked { body($0) } }

    /// Changes the value if `body` says so (`true` beside its result), and then wakes all who wait for a change.
    func change<Result>(_ body: (inout Value) -> (Result, isChanged: Bool)) -> Result {
        let (result, isChanged) = locked { value in
            let (result, isChanged) = body(&value)
            if isChanged {
                // Sequentially consistent: it stands before the look at the waiters, as the wait list demands.
                let next = Stamp(word: word.loadAcquiring()).version &+ 1
                word.storeSequentiallyConsistent(next << Stamp.tagBits | value.tag)
            }
            return (result, isChanged)
        }
        if isChanged, waiters.waitingWord.loadSequentiallyConsistent() != 0 { waiters.notifyAll() }
        return result
    }

    /// Suspends until the version is another than the one seen; at once if it is. `false`: cancelled before.
    func changed(since seen: Stamp) async -> Bool {
        var ticket = WaitTicket()
        while stamp.version == seen.version {
            let outcome = await waiters.wait(ticket: &ticket) { [word] in
                Stamp(word: word.loadSequentiallyConsistent()).version != seen.version
            }
            if case .cancelled = outcome { return false }
        }
        return true
    }

    /// The same for a thread; `false`: the system's clock has reached `deadline` before.
    @available(*, noasync)
    func changedBlocking(since seen: Stamp, untilNanoseconds deadline: UInt64?) -> Bool {
        var ticket = WaitTicket()
        while stamp.version == seen.version {
            let outcome = waiters.park(ticket: &ticket, untilNanoseconds: deadline) { [word] in
                Stamp(word: word.loadSequentiallyConsistent()).version != seen.version
            }
            if case .timedOut = outcome { return false }
        }
        return true
    }

    private func locked<Result>(_ body: (inout Value) -> Result) -> Result {
        word.willLock()
        defer { word.didUnlock() }
        return state.withLock { body(&$0) }
    }
}

/// What of a ``LatestValue`` fits into its word.
@usableFromInline
protocol TaggedValue: Sendable {
    /// Below 65 536.
    var tag: UInt { get }
}

/// The word of a ``LatestValue``.
@frozen
@usableFromInline
struct Stamp: Sendable {
    @usableFromInline static var tagBits: UInt { 16 }

    @usableFromInline let word: UInt

    @inlinable @inline(__always)
    init(word: UInt) { self.word = word }

    /// Grows with every change; 48 bits: at a million changes a second it comes round after nine years.
    @inlinable @inline(__always)
    var version: UInt { word >> Stamp.tagBits }

    @inlinable @inline(__always)
    var tag: UInt { word & 0xFFFF }
}
