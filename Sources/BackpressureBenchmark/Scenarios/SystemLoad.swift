/// What whole systems are put through, in the section `systems`: a kind each of trouble that backpressure is for.
///
/// Everybody comes in open loop, on the real clock; what is served takes its time by sleeping, so that the load on the
/// machine is small and the capacity known.
package enum SystemLoad: Codable, Sendable, Equatable {
    case overload(OverloadLoad)
    case flapping(FlappingLoad)
    case signal(SignalLoad)
    case crowd(CrowdLoad)
    case capacity(CapacityLoad)
    case monitor(MonitorLoad)

    /// The word for it in a scenario file. A system is made for one kind.
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case overload, flapping, crowd, capacity, signal, monitor
    }

    package var kind: Kind {
        switch self {
        case .overload: .overload
        case .flapping: .flapping
        case .signal: .signal
        case .crowd: .crowd
        case .capacity: .capacity
        case .monitor: .monitor
        }
    }
}

/// Many times more requests than the workers can serve, for the middle third of the run.
package struct OverloadLoad: Codable, Sendable, Equatable {
    package var workers: Int
    package var serviceNanoseconds: Int
    /// The most requests that may wait.
    package var capacity: Int
    /// What comes in before and after, over what the workers can serve.
    package var calmLoad: Double
    /// Of that, over the same, what comes in as `critical`, all the time alike.
    package var criticalLoad: Double
    /// What comes in meanwhile, over what the workers can serve.
    package var overloadFactor: Double
    /// What is served later than that after it came in is of use to nobody.
    package var deadlineNanoseconds: Int

    /// What the workers can serve, in requests a second.
    var servedPerSecond: Double { Double(workers) * 1e9 / Double(serviceNanoseconds) }

    /// The most requests that may be accepted and not yet served: those that wait, one with each worker, and one that is
    /// being offered.
    var bound: Int { capacity + workers + 1 }
}

/// A dependency that fails or is slow in phases, called by a few callers with all that comes in.
///
/// The run is cut into phases of equal length: works, first outage, works, second outage, …, works.
package struct FlappingLoad: Codable, Sendable, Equatable {
    package var callers: Int
    /// The most elements that may wait for a caller.
    package var capacity: Int
    package var ratePerSecond: Double
    /// How long a call takes that goes well.
    package var callNanoseconds: Int
    /// How long one takes that fails.
    package var failureNanoseconds: Int
    /// How long one takes while the dependency is slow.
    package var slowNanoseconds: Int
    package var outages: [Outage]
    /// How long a breaker waits before it probes.
    package var waitNanoseconds: Int
    /// How often what was put aside is tried again.
    package var redriveNanoseconds: Int

    package enum Outage: String, Codable, Sendable, CaseIterable {
        /// Every call fails.
        case down
        /// Every call succeeds, late.
        case slow
    }
}

/// Producers that publish at a pace of their own and a consumer that pauses them at random moments.
package struct SignalLoad: Codable, Sendable, Equatable {
    package var producers: Int
    /// From one publish of a producer to its next.
    package var intervalNanoseconds: Int
}

/// What the columns of `comparison.csv` say of it.
extension SystemLoad {
    var producers: Int? {
        switch self {
        case .overload, .flapping, .crowd, .capacity: 1
        case .signal(let load): load.producers
        case .monitor(let load): load.recorders
        }
    }

    /// Workers or callers.
    var consumers: Int? {
        switch self {
        case .overload(let load): load.workers
        case .flapping(let load): load.callers
        case .crowd(let load): load.stages.reduce(0) { $0 + $1.workers }
        case .capacity(let load): load.servers
        case .signal, .monitor: 1
        }
    }

    var capacity: Int? {
        switch self {
        case .overload(let load): load.capacity
        case .flapping(let load): load.capacity
        case .crowd(let load): load.capacity
        case .capacity, .signal, .monitor: nil
        }
    }

    /// Whether anything has a latency in it.
    var hasLatency: Bool { kind != .monitor }

    /// When elements come, where that was recorded.
    var arrival: Arrival? {
        if case .crowd(let load) = self { load.arrival } else { nil }
    }
}
