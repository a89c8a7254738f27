internal import ConcurrencySupport

// The slow path: whoever waits, and whoever gives permits back to them.

extension WordSemaphore: PermitLineOwner {
    typealias Semaphore = Word.Semaphore

    func askOrTakeNumber(_ weight: Int) -> (answer: PermitAcquisition, number: UInt64) {
        let answer = ask(weight)
        return (answer, answer == .refused ? withLine { $0.takeNumber() } : 0)
    }

    func countRefusal() {
        if countsRequests { refusedCount.addRelaxed(1) }
    }

    func enter(
        _ weight: Int,
        number: UInt64,
        sleeper: PermitSleeper<Word.Semaphore>,
        isCancelled: () -> Bool
    ) -> PermitWaitEnd? {
        let end: PermitWaitEnd? = withLine { line in
            if isCancelled() { return .cancelled }
            var current = PermitWord(bits: word.loadSequentiallyConsistent())
            // With others in the line the bit is set, and stays so while the line is held.
            while line.isEmpty, weight <= current.limit {
                let fits = weight <= current.free
                let next = fits ? current.taking(weight) : PermitWord(bits: current.bits | PermitWord.waitersBit)
                let claim = word.compareExchangeSequentiallyConsistent(expected: current.bits, desired: next.bits)
                if claim.exchanged {
                    guard fits else { break }
                    if countsRequests { countGrant(next) }
                    return .granted
                }
                current.bits = claim.original
            }
            guard weight <= current.limit else { return .exceedsLimit }
            line.append(.init(number: number, weight: weight, sleeper: sleeper))
            return nil
        }
        if end == .cancelled || end == .exceedsLimit { countRefusal() }
        return end
    }

    func leave(_ number: UInt64, with end: PermitWaitEnd) {
        let wakes = withLine { line -> Line.Wakes in
            var wakes = Line.Wakes()
            guard let sleeper = line.remove(number) else { return wakes }
            wakes.all.append((sleeper, end))
            countRefusal()
            // It may have been all that held up those behind it.
            clearBitOrGrant(&line, &wakes)
            return wakes
        }
        wakes()
    }

    /// Changes the limit. See ``AdjustableConcurrencyLimit/setLimit(_:)``.
    public func setLimit(_ limit: Int) {
        PermitBounds.check(limit: limit)
        let wakes = withLine { line -> Line.Wakes in
            var wakes = Line.Wakes()
            var current = PermitWord(bits: word.loadSequentiallyConsistent())
            while true {
                let next = current.with(limit: limit)
                let claim = word.compareExchangeSequentiallyConsistent(expected: current.bits, desired: next.bits)
                if claim.exchanged { break }
                current.bits = claim.original
            }
            guard !line.isEmpty else { return wakes }
            line.removeAll(heavierThan: limit, &wakes)
            if countsRequests { refusedCount.addRelaxed(UInt(wakes.all.count)) }
            clearBitOrGrant(&line, &wakes)
            return wakes
        }
        wakes()
    }

    /// Hands over what there is to those who wait.
    @usableFromInline
    func grantWaiting() {
        let wakes = withLine { line -> Line.Wakes in
            var wakes = Line.Wakes()
            // Nobody may be left: another who gave back has granted what this one gave too.
            if !line.isEmpty { clearBitOrGrant(&line, &wakes) }
            return wakes
        }
        wakes()
    }

    /// After a change of the line, which wasn't empty before and is held.
    private func clearBitOrGrant(_ line: inout Line, _ wakes: inout Line.Wakes) {
        if line.isEmpty {
            // The bit is set, so this clears it and touches no other.
            word.addSequentiallyConsistent(0 &- PermitWord.waitersBit)
            return
        }
        line.grant(&wakes) { weight, isLast in
            var current = PermitWord(bits: word.loadSequentiallyConsistent())
            while weight <= current.free {
                var next = current.taking(weight)
                // In one step, or someone could come in between who is refused though nobody waits.
                if isLast { next.bits &= ~PermitWord.waitersBit }
                let claim = word.compareExchangeSequentiallyConsistent(expected: current.bits, desired: next.bits)
                if claim.exchanged {
                    if countsRequests { countGrant(next) }
                    return true
                }
                current.bits = claim.original
            }
            // Whoever gives permits back from now on finds the bit set, and comes here.
            return false
        }
    }

    @usableFromInline
    func countGrant(_ word: PermitWord) {
        grantedCount.addRelaxed(1)
        let inUse = UInt(word.inUse)
        var peak = peakCount.loadRelaxed()
        while peak < inUse {
            let claim = peakCount.weakCompareExchangeSequentiallyConsistent(expected: peak, desired: inUse)
            if claim.exchanged { return }
            peak = claim.original
        }
    }

    func withLine<Result: Sendable>(_ body: (inout Line) -> Result) -> Result {
        word.willLock()
        defer { word.didUnlock() }
        return line.withLock { body(&$0) }
    }
}
