/// The checks of ``CircuitBreakerConformance``: one for each thing that a circuit breaker promises.
///
/// Those that compare with the model give it random events, and judge every answer, state and count.
public enum CircuitBreakerCheck: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// Opens at the failure rate in a window of calls, from the minimum on, as the model does.
    case failureRateOpens
    /// Judges a call slow from one nanosecond over the threshold on, and opens at the rate of slow calls, as the model does.
    case slowCallsOpen
    /// Opens after so many failures in a row, as the model does.
    case failuresInARowOpen
    /// Counts in a window of time what the model counts.
    case windowOfTime
    /// Lets probes through as the model does, takes back the places of those cancelled, and closes after as many successes.
    case probesDecide
    /// Gives up probes that are never recorded when the model does.
    case lostProbesAreGivenUp
    /// Stays open as long as the model, longer each time, and counts late results and nothing else of them.
    case waitsGrow
    /// Is forced open, disabled and reset as the model is.
    case heldStates
    /// All of these at once.
    case everythingAtOnce
    /// Changes of state are seen in order, the newest is never lost, and those missed are counted.
    case changesAreSeen
    /// Tasks that ask at once get no more probes than there may be, and what they get is counted.
    case probesAreBoundedUnderContention
    /// When tasks that recorded at once have ended, the window holds what they recorded, and the counts are exact.
    case windowIsExactAtRest
    /// Results of calls that were begun before a change of state leave what is recorded beside them as it is.
    case lateResultsChangeNothingUnderContention

    /// The name of the case.
    public var description: String { rawValue }
}
