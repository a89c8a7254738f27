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

    var implementation: LimiterImplementation {
        LimiterImplementation(
            id: rawValue,
            family: .other,
            summary: "broken on purpose",
            real: { LimiterInstance(BrokenLimiter($0, defect: self)) },
            virtual: { LimiterInstance(BrokenLimiter($0, defect: self)) }
        )
    }
}
