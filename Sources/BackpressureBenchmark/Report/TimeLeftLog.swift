/// What a run said of the time left while it went on, to be held against how long it then took.
package struct TimeLeftLog: Sendable {
    private var statements: [(elapsedSeconds: Double, leftSeconds: Double)] = []

    /// Statements are judged while at least this share of the run was left: nobody waits for the last tenth of a second.
    private static let shareJudged = 0.1

    package init() {}

    /// Notes what was said, and when: seconds since the run began.
    package mutating func said(leftSeconds: Double, atSeconds seconds: Double) {
        statements.append((seconds, leftSeconds))
    }

    /// How far the statements were from the truth, as a share of it, in the mean and at worst; `nil`: none was judged.
    package func error(endedAtSeconds end: Double) -> (mean: Double, worst: Double)? {
        let errors = statements.compactMap { statement -> Double? in
            let left = end - statement.elapsedSeconds
            guard end > 0, left >= Self.shareJudged * end else { return nil }
            return abs(statement.leftSeconds - left) / left
        }
        guard let worst = errors.max() else { return nil }
        return (errors.reduce(0, +) / Double(errors.count), worst)
    }
}
