/// When a paired comparison stops, and what it says then.
///
/// Base and head are measured next to each other, so a block's ratio has neither the machine's drift nor its speed in
/// it. Blocks are added until the interval of their median ratio lies on one side of what is tolerated.
///
/// Who looks often enough sees what he looks for, so the looks are few and settled in advance (each after twice as many
/// blocks as the one before), and what may go wrong is divided among them: that any interval of a comparison misses the
/// true median has a probability of at most 1 - ``confidence``, whatever the distribution (Bonferroni's inequality).
package struct PairedDecision: Sendable, Equatable {
    /// A share: 0.02 allows a fiftieth less. A loss is found if it is larger by half the interval's width.
    package var tolerance: Double
    /// Of all looks together.
    package var confidence: Double
    /// The first look; no answer before.
    package var leastBlocks: Int
    /// The last look: what isn't decided then stays undecided.
    package var mostBlocks: Int
    /// Of the order in which sides and subjects are measured.
    package var seed: UInt64

    package init(
        tolerance: Double = 0.02,
        confidence: Double = 0.99,
        leastBlocks: Int = 12,
        mostBlocks: Int = 192,
        seed: UInt64 = 1
    ) {
        self.tolerance = tolerance
        self.confidence = confidence
        self.leastBlocks = leastBlocks
        self.mostBlocks = mostBlocks
        self.seed = seed
    }

    /// After how many blocks it is looked whether all is clear.
    package var looks: [Int] {
        var looks: [Int] = []
        var next = max(1, min(leastBlocks, mostBlocks))
        while next < mostBlocks {
            looks.append(next)
            next *= 2
        }
        return looks + [max(1, mostBlocks)]
    }

    /// What the ratios seen so far say; each above 1 if the head is better.
    package func shift(_ ratios: [Double]) -> Shift {
        Shift(
            of: ratios,
            tolerance: tolerance,
            leastBlocks: min(leastBlocks, mostBlocks),
            confidence: 1 - (1 - confidence) / Double(looks.count)
        )
    }

    /// What a comparison would have said that met these ratios one after the other, and after how many.
    package func outcome(of ratios: [Double]) -> (shift: Shift, blocks: Int) {
        for blocks in looks where blocks < ratios.count {
            let shift = shift(Array(ratios.prefix(blocks)))
            if shift.answer != .undecided || blocks == mostBlocks { return (shift, blocks) }
        }
        return (shift(ratios), ratios.count)
    }
}
