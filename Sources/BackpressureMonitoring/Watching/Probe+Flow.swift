public import BoundedQueues
public import FlowControl

extension Monitored where Self == Probe {
    /// Watches a limit on concurrency: how much of it is in use, and how many wait, as a strain that reaches 1 when as many
    /// wait as are let in.
    public static func limit(_ limit: some ConcurrencyLimit) -> Probe {
        Probe {
            let statistics = await limit.statistics()
            return Gauges(
                kind: "limit",
                depth: statistics.waiting,
                turnedAway: statistics.refused,
                offered: statistics.granted.flatMap { granted in statistics.refused.map { granted + $0 } },
                utilization: statistics.utilization,
                strain: Double(statistics.waiting) / Double(max(1, statistics.limit))
            )
        }
    }

    /// Watches a watermark controller by its statistics; what is in flight or waits to be tried again counts as waiting.
    /// Changes of its state are logged.
    public static func controller<Queue: BoundedQueue>(_ controller: WatermarkController<Queue>) -> Probe {
        Probe { Gauges(await controller.statistics(), state: controller.state) }
    }

    /// Watches flow-control signals: the strain is how far producers are slowed down, 1 being a pause.
    public static func signals(_ signals: FlowSignals) -> Probe {
        Probe {
            let level = signals.level
            return Gauges(kind: "signals", strain: 1 - level.factor, state: level.word)
        }
    }
}

extension Gauges {
    init(_ statistics: ControllerStatistics, state: WatermarkState) {
        let queue = statistics.queue
        self.init(
            kind: "controller",
            depth: statistics.inside,
            capacity: queue.capacity,
            arrived: queue.accepted,
            departed: statistics.delivered + statistics.deadLettered + statistics.givenBack + queue.evicted,
            turnedAway: queue.refused + queue.evicted,
            offered: queue.offered,
            state: "\(state)"
        )
    }
}

extension FlowLevel {
    /// The level without its figure, of which there are many: for logs of changes.
    fileprivate var word: String {
        switch self {
        case .resume: "resume"
        case .throttle: "throttle"
        case .pause: "pause"
        }
    }
}
