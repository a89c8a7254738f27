import BackpressureMonitoring
import ConcurrencySupport

/// Something to watch whose figures a test sets.
final class Subject: Monitored {
    private let state: Lock<Gauges>

    init(_ kind: String = "queue", capacity: Int? = nil) {
        state = Lock(Gauges(kind: kind, depth: 0, capacity: capacity, arrived: 0, departed: 0, turnedAway: 0))
    }

    func gauges() async -> Gauges { state.withLock { $0 } }

    func move(arrived: Int, departed: Int, turnedAway: Int = 0) {
        state.withLock { gauges in
            gauges.arrived! += UInt64(arrived)
            gauges.departed! += UInt64(departed)
            gauges.turnedAway! += UInt64(turnedAway)
            gauges.depth! += arrived - departed
        }
    }

    func set(_ change: @Sendable (inout Gauges) -> Void) {
        state.withLock { change(&$0) }
    }
}
