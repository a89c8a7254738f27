import Synchronization

/// How long consumers take for an element, as refused producers see it: what a refusal says about when to try again.
///
/// Measured from one refusal to the next, so that pushes and pops that succeed pay nothing for it. Threads that are refused
/// at the same time may mix their readings up; the estimate is the worse for it, nothing else.
@usableFromInline
final class DrainRate: Sendable {
    private let lastNanoseconds = Atomic<UInt64>(0)
    private let lastTaken = Atomic<UInt64>(0)
    private let perElement = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - taken: elements taken so far.
    ///   - now: what the clock reads.
    /// - Returns: the time an element took lately; 0: nothing is known yet.
    @usableFromInline
    func nanosecondsPerElement(taken: UInt64, now: UInt64) -> UInt64 {
        let before = (
            nanoseconds: lastNanoseconds.load(ordering: .relaxed), taken: lastTaken.load(ordering: .relaxed)
        )
        // Until something is taken, the first refusal stays the beginning.
        if before.nanoseconds == 0 || taken > before.taken {
            lastNanoseconds.store(max(now, 1), ordering: .relaxed)
            lastTaken.store(taken, ordering: .relaxed)
            if before.nanoseconds != 0, now > before.nanoseconds {
                perElement.store(max(1, (now - before.nanoseconds) / (taken - before.taken)), ordering: .relaxed)
            }
        }
        return perElement.load(ordering: .relaxed)
    }
}
