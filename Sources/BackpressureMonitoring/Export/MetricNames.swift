/// The names of everything that a ``LagMonitor`` exports, in one place.
///
/// Everything has the dimensions ``name`` and ``kind``, which take a value for each thing watched and no more: neither
/// elements nor callers nor error texts ever become part of a name or dimension.
public enum MetricNames {
    /// Dimension: the name under which something is watched.
    public static let name = "name"
    /// Dimension: what it is, "queue" for one.
    public static let kind = "kind"
    /// Dimension of ``latencySeconds``: 0.5, 0.95, 0.99 or 0.999.
    public static let quantile = "quantile"

    /// Meter: elements that wait.
    public static let depth = "backpressure_depth"
    /// Meter: the most elements that can wait.
    public static let capacity = "backpressure_capacity"
    /// Meter: how far the consumer is behind, in elements.
    public static let lagElements = "backpressure_lag_elements"
    /// Meter: how long the consumer is behind, in seconds.
    public static let lagSeconds = "backpressure_lag_seconds"
    /// Meter: how busy or else how full it is, from 0 to 1.
    public static let utilization = "backpressure_utilization_ratio"
    /// Meter: elements that leave per second, over the window.
    public static let throughput = "backpressure_throughput_per_second"
    /// Meter, one for each ``quantile``: latency over the window, in seconds.
    public static let latencySeconds = "backpressure_latency_seconds"
    /// Meter: 0 healthy, 1 degraded, 2 overloaded.
    public static let level = "backpressure_level"
    /// Counter: elements that have arrived.
    public static let arrived = "backpressure_arrived_total"
    /// Counter: elements that have left.
    public static let departed = "backpressure_departed_total"
    /// Counter: offers that were turned away.
    public static let turnedAway = "backpressure_turned_away_total"
    /// Counter: how often the level has changed.
    public static let levelChanges = "backpressure_level_changes_total"

    /// All names.
    public static let all = [
        depth, capacity, lagElements, lagSeconds, utilization, throughput, latencySeconds, level, arrived, departed,
        turnedAway, levelChanges,
    ]
}
