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

    /// Watches a pipeline as a whole: what is inside, in queues and in hands; busy as its bottleneck is.
    public static func pipeline<Input>(_ pipeline: Pipeline<Input>) -> Probe {
        Probe { Gauges(await pipeline.statistics()) }
    }

    /// Watches one stage of a pipeline: its queue, and how busy its workers are. Nothing is known of a stage that there isn't.
    public static func stage<Input>(_ name: String, of pipeline: Pipeline<Input>) -> Probe {
        Probe {
            let stage = await pipeline.statistics().stages.first { $0.name == name }
            return stage.map { Gauges($0) } ?? Gauges(kind: "stage")
        }
    }

    /// Watches a worker pool: the jobs that wait in its queue, and how many of its workers are busy.
    public static func pool<Queue: BoundedQueue>(_ pool: WorkerPool<Queue>) -> Probe {
        Probe { Gauges(pool.statistics(), queue: await pool.queue.statistics()) }
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

extension Gauges {
    init(_ statistics: PipelineStatistics) {
        let departed = statistics.delivered + statistics.deadLettered + statistics.filtered
        self.init(
            kind: "pipeline",
            depth: statistics.inside,
            arrived: departed + UInt64(statistics.inside),
            departed: departed,
            turnedAway: statistics.returned + statistics.dropped,
            offered: statistics.offered,
            utilization: statistics.bottleneck?.utilization
        )
    }

    init(_ stage: StageStatistics) {
        self.init(stage.queue)
        kind = "stage"
        utilization = stage.utilization
    }
}

extension Gauges {
    init(_ pool: WorkerPoolStatistics, queue: QueueStatistics) {
        self.init(queue)
        kind = "pool"
        // Before it runs and after it has ended nobody works, which is not the same as being idle.
        utilization = pool.workers == 0 ? nil : Double(pool.busy) / Double(pool.workers)
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
