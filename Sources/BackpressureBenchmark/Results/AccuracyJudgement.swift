/// Whether a limiter's figures are those of an accurate one.
struct AccuracyJudgement {
    /// What is wrong, in words; `nil`: nothing.
    let complaint: String?
    /// How late waiting callers got their permits, in words, if that was later than timers are; `nil`: it wasn't. A machine
    /// that does something else for a while can do that to anybody once.
    let lateness: String?
    /// Whether it granted too much: the excess and its window in words; `nil`: the envelope was kept.
    let broken: String?
    /// Granted against what the oracle grants at the same instants; `nil`: the oracle grants nothing.
    let errorPartsPerMillion: Double?

    init(_ figures: AccuracyFigures, load: LimiterLoad) {
        let difference = figures.granted - figures.allowed
        errorPartsPerMillion = figures.allowed > 0 ? Double(difference) / Double(figures.allowed) * 1e6 : nil
        // A limiter on a clock of nanoseconds may take a moment for the next one.
        let nanosecondsWorth = load.ratePerSecond * 1e-9
        let isBroken = figures.overshootPermits > nanosecondsWorth
        lateness = AccuracyJudgement.lateness(figures)
        broken = isBroken ? AccuracyJudgement.excess(figures) : nil
        if isBroken {
            let promise = AccuracyJudgement.promise(figures, load)
            complaint = "granted \(AccuracyJudgement.excess(figures)), where \(promise)"
        } else if let wrong = figures.wrongDecisions, wrong > 0 {
            complaint =
                "\(wrong) of \(figures.decisions ?? 0) decisions differ from the oracle's"
                + (AccuracyJudgement.withheld(figures).map { "; \($0)" } ?? "")
        } else if figures.granted == 0 {
            complaint = "granted nothing"
        } else if load.clock == .real, let withheld = AccuracyJudgement.withheld(figures) {
            complaint = withheld
        } else if abs(difference) > AccuracyJudgement.tolerated(figures, load) {
            complaint = "granted \(figures.granted) where the oracle grants \(figures.allowed) at the same instants"
        } else {
            complaint = nil
        }
    }

    private static func excess(_ figures: AccuracyFigures) -> String {
        let excess = "\(Numbers.decimal(figures.overshootPermits)) permits more"
        guard let window = figures.worstWindow else { return excess }
        return "\(excess): \(window.permits) between \(window.span)"
    }

    private static func promise(_ figures: AccuracyFigures, _ load: LimiterLoad) -> String {
        let burst = figures.burst ?? load.burst
        guard let length = figures.windowNanoseconds else { return "a window may have \(burst) + rate · T" }
        return "one of \(Numbers.duration(nanoseconds: Double(length))) may have \(burst)"
    }

    private static func withheld(_ figures: AccuracyFigures) -> String? {
        guard let permits = figures.withheldPermits, permits >= 1 else { return nil }
        return "refused a request when \(Numbers.decimal(permits)) permits were to be had"
    }

    /// A timer's inaccuracy is some of the time from one permit to the next, but not half of it; unless the machine is so
    /// busy that a thread which does nothing but sleep is late as well.
    private static func lateness(_ figures: AccuracyFigures) -> String? {
        guard let share = figures.keptShare, share > 0.5 else { return nil }
        let timer = figures.timerKeptShare ?? 0
        guard share > 2 * timer else { return nil }
        func percent(_ share: Double) -> String { "\(Numbers.decimal(share * 100, decimals: 0)) %" }
        return "for \(percent(share)) of the time a caller was kept whose permit was due, and a sleeping thread for "
            + percent(timer)
    }

    /// On the real clock the oracle mostly knows the moment of a request only to within the call: each caller's last request,
    /// and one at each stall, may fall on the other side. And permits that are earned between two requests are lost to a
    /// full bucket, all the more the smaller it is, in one order of the requests and not in another; not where the moments are
    /// known.
    private static func tolerated(_ figures: AccuracyFigures, _ load: LimiterLoad) -> Int {
        guard load.clock == .real else { return figures.isExact ? 0 : .max }
        let burst = Double(figures.burst ?? load.burst)
        let gap = figures.durationSeconds / Double(max(1, figures.decisions ?? 1))
        let mayLose = figures.decisions != nil && figures.knowsDecisions != true
        let lost = mayLose ? min(1, load.ratePerSecond * gap / burst) : 0
        let largestRequest = load.demand == .mixed ? min(LimiterLoad.Demand.largestMixedRequest, Int(burst)) : 1
        let edges = max((5 + load.callers) * largestRequest, figures.allowed / 500, Int(lost * Double(figures.allowed)))
        return figures.isExact ? edges : .max
    }
}

extension AccuracyFigures {
    /// Whether the oracle says of every request what the answer is.
    fileprivate var isExact: Bool { !(isConservative ?? false) }
}

extension ExcessWindow {
    /// `1.234567 and 1.234667 s`, from the start of the run.
    var span: String {
        func seconds(_ nanoseconds: UInt64) -> String { Numbers.decimal(Double(nanoseconds) / 1e9, decimals: 6) }
        return "\(seconds(startNanoseconds)) and \(seconds(endNanoseconds)) s"
    }
}
