internal import ConcurrencySupport

/// When a thread of a history holds still: in phases, so that producers and consumers overtake each other and the queue is
/// now full, now empty. All follows from the seed but how long the machine takes.
struct ChaoticPauses {
    private enum Phase: CaseIterable {
        /// As fast as can be.
        case brisk
        /// A short pause now and then, of about an operation's length: to meet others at other points.
        case uneven
        /// Slower than the others: the queue fills, or empties.
        case slow
    }

    private var generator: SeededGenerator
    private var phase = Phase.brisk
    private var attemptsLeft = 0
    private var backoff: Backoff

    init(seed: UInt64, thread: Int) {
        generator = SeededGenerator(seed: seed, stream: UInt64(thread))
        // Few pauses: where threads outnumber processors, whoever is waited for must get to run.
        backoff = Backoff(pauses: 4)
    }

    /// Holds still, or not, before an attempt.
    mutating func pause() {
        if attemptsLeft == 0 {
            let bits = generator.next()
            phase = Phase.allCases[Int(bits % 3)]
            attemptsLeft = Int((bits >> 8) % 256) + 16
        }
        attemptsLeft -= 1
        switch phase {
        case .brisk: return
        case .uneven: if generator.next() % 4 == 0 { spin(Int(generator.next() % 8)) }
        case .slow: spin(Int(generator.next() % 32))
        }
    }

    /// After an attempt that was refused.
    mutating func refused() { backoff.pause() }

    /// After one that was not.
    mutating func succeeded() { backoff.reset() }

    private func spin(_ count: Int) {
        var pauses = Backoff(pauses: UInt32(count))
        while pauses.pauseBriefly() {}
    }
}
