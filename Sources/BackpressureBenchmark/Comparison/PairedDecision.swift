/// When a paired comparison stops, and what it says then.
///
/// Base and head are measured next to each other, so a block's ratio has neither the machine's drift nor its speed in
/// it. Blocks are added until the interval of their median ratio lies on one side of what is tolerated.
package struct PairedDecision: Sendable, Equatable {
    /// A share: 0.02 allows a fiftieth less. A loss is found if it is larger by half the interval's width.
    package var tolerance: Double
    package var confidence: Double
    /// No answer before so many.
    package var leastBlocks: Int
    /// Added at a time.
    package var extraBlocks: Int
    /// What isn't decided then stays undecided.
    package var mostBlocks: Int
    /// Of the order in which sides and subjects are measured.
    package var seed: UInt64

    package init(
        tolerance: Double = 0.02,
        confidence: Double = 0.99,
        leastBlocks: Int = 10,
        extraBlocks: Int = 5,
        mostBlocks: Int = 60,
        seed: UInt64 = 1
    ) {
        self.tolerance = tolerance
        self.confidence = confidence
        self.leastBlocks = leastBlocks
        self.extraBlocks = extraBlocks
        self.mostBlocks = mostBlocks
        self.seed = seed
    }

    /// What the ratios seen so far say; each above 1 if the head is better.
    package func shift(_ ratios: [Double]) -> Shift {
        Shift(of: ratios, tolerance: tolerance, leastBlocks: leastBlocks, confidence: confidence)
    }

    /// What a comparison would have said that met these ratios one after the other, and after how many.
    package func outcome(of ratios: [Double]) -> (shift: Shift, blocks: Int) {
        var blocks = min(leastBlocks, ratios.count)
        while true {
            let shift = shift(Array(ratios.prefix(blocks)))
            guard shift.answer == .undecided, blocks < min(mostBlocks, ratios.count) else { return (shift, blocks) }
            blocks = min(blocks + extraBlocks, mostBlocks, ratios.count)
        }
    }
}
