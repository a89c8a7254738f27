/// Whether a limiter's figures are those of an accurate one.
struct AccuracyJudgement {
    /// What is wrong, in words; `nil`: nothing.
    let complaint: String?
    /// Granted against what the oracle grants at the same instants; `nil`: the oracle grants nothing.
    let errorPartsPerMillion: Double?

    init(_ figures: AccuracyFigures, load: LimiterLoad) {
        let difference = figures.granted - figures.allowed
        errorPartsPerMillion = figures.allowed > 0 ? Double(difference) / Double(figures.allowed) * 1e6 : nil
        // On the real clock the oracle knows the moment of a request only to within the call: each caller's last
        // request, and one at each stall, may fall on the other side.
        let tolerated =
            switch load.clock {
            case .real: max(5 + load.callers, figures.allowed / 500)
            case .virtual: 0
            }
        // A limiter on a clock of nanoseconds may take a moment for the next one.
        let nanosecondsWorth = load.ratePerSecond * 1e-9
        if figures.overshootPermits > nanosecondsWorth {
            let excess = Numbers.decimal(figures.overshootPermits)
            complaint = "granted \(excess) permits more than burst + rate · T in some window"
        } else if let wrong = figures.wrongDecisions, wrong > 0 {
            complaint = "\(wrong) of \(figures.decisions ?? 0) decisions differ from the oracle's"
        } else if figures.granted == 0 {
            complaint = "granted nothing"
        } else if abs(difference) > tolerated {
            complaint = "granted \(figures.granted) where the oracle grants \(figures.allowed) at the same instants"
        } else {
            complaint = nil
        }
    }
}
