/// What a whole system is flooded with in the section `stress`, where its memory is what matters.
package struct FloodLoad: Codable, Sendable, Equatable {
    package var subject: Subject
    /// The memory cap of the child process, in bytes.
    package var memoryCapBytes: Int

    package enum Subject: Codable, Sendable, Equatable {
        case stages(StageFlood)
        case clients(ClientFlood)
    }

    /// The word for it in a scenario file. A system is made for one kind.
    package enum Kind: String, Codable, Sendable, CaseIterable { case stages, clients }

    package var kind: Kind {
        switch subject {
        case .stages: .stages
        case .clients: .clients
        }
    }

    /// What the columns of `stress.csv` say of it.
    var producers: Int {
        switch subject {
        case .stages: 1
        case .clients(let flood): flood.callers
        }
    }

    var consumers: Int {
        switch subject {
        case .stages(let flood): flood.stages.reduce(0) { $0 + $1.workers }
        case .clients: 0
        }
    }

    var overloadFactor: Double? {
        if case .stages(let flood) = subject { flood.overloadFactor } else { nil }
    }
}

/// Many times more elements than the slowest stage can work on, each with a payload for as long as it is inside.
package struct StageFlood: Codable, Sendable, Equatable {
    /// The first stage first.
    package var stages: [CrowdLoad.Stage]
    /// The most elements that may wait before each stage.
    package var capacity: Int
    package var payloadBytes: Int
    package var overloadFactor: Double

    /// The most elements inside at once: those that wait, one with each worker, and one that is being offered.
    var bound: Int { stages.reduce(1) { $0 + capacity + $1.workers } }

    /// What is offered, in elements a second.
    var offeredPerSecond: Double { overloadFactor * (stages.map(\.capacity).min() ?? 0) }
}

/// Clients that come once and never again, each asking for a permit of its own: more than can be remembered.
package struct ClientFlood: Codable, Sendable, Equatable {
    package var callers: Int
    /// The most clients that may be remembered.
    package var mostClients: Int
    /// Of each client.
    package var ratePerSecond: Double
    package var burst: Int
}
