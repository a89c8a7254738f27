import BackpressureBenchmark
import ConcurrencySupport

/// What is wrong with a ``BrokenLimiter``; the raw value is the id that it is registered under.
enum LimiterDefect: String, CaseIterable {
    /// Has a burst of 50 permits more than it was told.
    case largerBurst = "larger-burst"
    /// Permits pile up without end while nobody asks.
    case hoardsPermits = "hoards-permits"
    case grantsNothing = "grants-nothing"
    case grantsEverything = "grants-everything"
    /// Earns half of what it should.
    case halfRate = "half-rate"
    /// Looks whether there are permits in one step, and takes them in another.
    case tornDecision = "torn-decision"
    /// Says that it is a pacer and has the burst of a bucket.
    case burstingPacer = "bursting-pacer"
    /// Says that it counts in a sliding window and fills up as a bucket does.
    case fillingWindow = "filling-window"
    /// Lets waiting callers go before their permits are due.
    case wakesEarly = "wakes-early"
    /// Lets them go three intervals later.
    case wakesLate = "wakes-late"

    var implementation: LimiterImplementation {
        LimiterImplementation(
            id: rawValue,
            family: .other,
            summary: "broken on purpose",
            specification: specification,
            real: { LimiterInstance(BrokenLimiter($0, defect: self)) },
            virtual: { LimiterInstance(BrokenLimiter($0, defect: self)) }
        )
    }

    private var specification: LimiterImplementation.Specification {
        switch self {
        case .burstingPacer: .pacer
        case .fillingWindow: .slidingLog
        default: .tokenBucket
        }
    }
}
