/// How long whoever is about to wait looks first, by how that has gone before: a hint, in one word that many may share.
///
/// To be suspended and woken costs some ten microseconds where the thread has to be woken too. A look that long is worth it
/// where the answer comes sooner: two tasks that answer one another would otherwise each sleep and wake the other, and go
/// on like that, since an answer that somebody was woken for comes too late for who asked. Where answers take longer, or
/// whoever gives them needs this very processor, a long look is thrown away. So looks are long as long as they end well;
/// after one that was in vain the next is short, and after each further one twice as many are, up to ``mostShortLooks``.
///
/// Read and written relaxed, in two steps: an update that is lost costs a look.
public struct Patience<Word: AtomicWord> {
    /// The most looks that are short between two long ones.
    @inlinable public static var mostShortLooks: UInt { 64 }

    /// How many short looks remain, and `shift` bits higher how many there were to be.
    @usableFromInline let word: Word
    @inlinable static var shift: UInt { 8 }

    /// - Parameter word: an initialised word with the value 0 that outlives this.
    @inlinable @inline(__always)
    public init(_ word: Word) { self.word = word }

    /// Asks again and again, with a pause before each time: for some ten microseconds or for less than one.
    ///
    /// - Parameters:
    ///   - isAlone: whether nobody else is waiting for the same; if somebody is, the look is short.
    ///   - find: what is looked for; `nil`: not there yet.
    /// - Returns: what was found, or `nil`: it is time to wait.
    @inlinable @inline(__always)
    public func look<Found: ~Copyable>(isAlone: Bool, for find: () -> Found?) -> Found? {
        // In a model nobody pauses: there, to look again before another has done something finds nothing.
        var backoff = Word.backoff
        guard backoff.pauseBriefly() else { return nil }
        let isLong = isAlone && beginLook()
        backoff = Backoff(pauses: isLong ? 256 : 16)
        repeat {
            guard let found = find() else { continue }
            if isLong { endLongLook(successfully: true) }
            return found
        } while backoff.pauseBriefly()
        if isLong { endLongLook(successfully: false) }
        return nil
    }

    /// Whether the look that begins is a long one.
    @inlinable
    func beginLook() -> Bool {
        let value = word.loadRelaxed()
        if value & ((1 << Self.shift) - 1) == 0 { return true }
        word.storeRelaxed(value &- 1)
        return false
    }

    @inlinable
    func endLongLook(successfully success: Bool) {
        let value = word.loadRelaxed()
        if success {
            // As a rule it says so already: nothing to write.
            if value != 0 { word.storeRelaxed(0) }
        } else {
            let pause = min(max(1, 2 &* (value >> Self.shift)), Self.mostShortLooks)
            word.storeRelaxed(pause << Self.shift | pause)
        }
    }
}
