import BackpressureBenchmark
import CircuitBreakers

/// What is wrong with a ``BrokenBreaker``; the raw value is the id that it is registered under.
enum BreakerDefect: String, CaseIterable {
    /// A probe that is cancelled keeps its place.
    case leaksProbes = "leaks-probes"
    /// The result of a call from before a change of state counts as if the call had been begun after it.
    case countsLateResults = "counts-late-results"
    /// Lets more probes through than it was told.
    case tooManyProbes = "too-many-probes"
    /// Lets one call in a hundred through while it is open.
    case passesWhileOpen = "passes-while-open"
    /// One result in a hundred isn't recorded.
    case forgetsResults = "forgets-results"

    var implementation: BreakerImplementation {
        BreakerImplementation(
            id: rawValue,
            family: .other,
            summary: "broken on purpose",
            real: { BreakerInstance(BrokenBreaker($0, defect: self)) },
            virtual: { BreakerInstance(BrokenBreaker($0, defect: self)) }
        )
    }
}
