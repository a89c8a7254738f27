/// Recorded traffic through stages that are joined by queues.
package struct CrowdLoad: Codable, Sendable, Equatable {
    /// The first stage first.
    package var stages: [Stage]
    /// The most elements that may wait before each stage.
    package var capacity: Int
    /// Every so-manieth element is one that the second stage can't process (the first, if it is the only one); `nil`: none.
    package var malformedOneIn: Int?
    package var arrival: Arrival

    package struct Stage: Codable, Sendable, Equatable {
        package var workers: Int
        package var serviceNanoseconds: Int

        /// Elements a second.
        var capacity: Double { Double(workers) * 1e9 / Double(serviceNanoseconds) }
    }

    /// The most elements inside at once: those that wait, one with each worker, and one that is being offered.
    var bound: Int { stages.reduce(1) { $0 + capacity + $1.workers } }

    /// The stage that all others wait for.
    var bottleneck: Int { stages.indices.min { stages[$0].capacity < stages[$1].capacity } ?? 0 }

    /// The stage that finds out about malformed elements.
    var inspection: Int { min(1, stages.count - 1) }
}

/// A service whose capacity is halved for the middle third of the run, offered more than it can do.
package struct CapacityLoad: Codable, Sendable, Equatable {
    /// How many requests it works on at once; more than that queue there.
    package var servers: Int
    package var serviceNanoseconds: Int
    /// What is offered, over what it can do at its full capacity.
    package var load: Double
    /// What takes longer is of use to nobody.
    package var deadlineNanoseconds: Int

    var servedPerSecond: Double { Double(servers) * 1e9 / Double(serviceNanoseconds) }

    /// The highest limit that anybody may set, and with that the most requests that may be in progress at once.
    var highestLimit: Int { 4 * servers }
}

/// Threads that record latencies as fast as they can, while somebody reads percentiles every 10 ms.
package struct MonitorLoad: Codable, Sendable, Equatable {
    package var recorders: Int
}
