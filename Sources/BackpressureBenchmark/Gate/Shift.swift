/// Whether a figure has moved, decided by an interval rather than by a figure.
///
/// Three answers, because two would be a guess: the interval lies beyond the tolerance (moved for the worse), it lies
/// within (not moved, or not by more than is tolerated), or it reaches over the edge, and more blocks are needed.
package struct Shift: Sendable, Equatable {
    package enum Answer: Sendable, Equatable { case within, worse, better, undecided }

    /// The factor by which it has moved; above 1: improved.
    package var change: Estimate
    package var answer: Answer

    /// - Parameters:
    ///   - tolerance: a share: 0.1 allows a tenth less.
    ///   - leastBlocks: of either side; with fewer a shift for the worse isn't believed yet.
    package init(from before: [Double], to now: [Double], tolerance: Double, leastBlocks: Int, bootstrap: Bootstrap) {
        guard let change = bootstrap.change(from: before, to: now) else {
            (self.change, answer) = (Estimate(median: .nan), .undecided)
            return
        }
        self.change = change
        answer = Self.answer(change, tolerance: tolerance, isBelieved: min(before.count, now.count) >= leastBlocks)
    }

    /// The same of ratios that were taken inside blocks, each above 1 if it improved.
    package init(of ratios: [Double], tolerance: Double, leastBlocks: Int, confidence: Double) {
        guard let change = MedianInterval.estimate(ratios, confidence: confidence) else {
            (self.change, answer) = (Estimate(median: .nan), .undecided)
            return
        }
        self.change = change
        answer = Self.answer(change, tolerance: tolerance, isBelieved: ratios.count >= leastBlocks)
    }

    static func answer(_ change: Estimate, tolerance: Double, isBelieved: Bool) -> Answer {
        let floor = 1 - tolerance
        guard let low = change.low, let high = change.high else { return .undecided }
        if high < floor { return isBelieved ? .worse : .undecided }
        guard low >= floor else { return .undecided }
        // As far beyond 1 as a regression has to be below it.
        return low > 1 / floor ? .better : .within
    }
}
