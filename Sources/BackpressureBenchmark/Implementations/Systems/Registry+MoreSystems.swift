import FlowControl

extension Registry {
    mutating func registerStages() {
        register(
            SystemImplementation(
                id: "pipeline-mutex",
                family: .mutex,
                summary: "a pipeline on queues behind locks",
                stages: { PipelinedStages($0, queues: .mutex) }
            )
        )
        register(
            SystemImplementation(
                id: "pipeline-actor",
                family: .actor,
                summary: "a pipeline on queues behind actors",
                stages: { PipelinedStages($0, queues: .actor) }
            )
        )
        register(
            SystemImplementation(
                id: "pipeline-ring",
                family: .lockFree,
                summary: "a pipeline on lock-free rings",
                stages: { PipelinedStages($0, queues: .ring) }
            )
        )
        register(
            SystemImplementation(
                id: "unbounded-stages",
                family: .other,
                role: .control,
                summary: "control: the same with queues that have no bound; it must fill up",
                stages: { PipelinedStages($0, queues: UnboundedStageQueues()) }
            )
        )
    }

    mutating func registerClients() {
        register(
            SystemImplementation(
                id: "clients-keyed",
                family: .mutex,
                summary: "a token bucket for each client, as many as are remembered",
                clients: { BoundedClients($0) }
            )
        )
        register(
            SystemImplementation(
                id: "clients-unforgotten",
                family: .other,
                role: .control,
                summary: "control: a token bucket for every client that ever came; it must fill up",
                clients: { EveryClient($0) }
            )
        )
    }

    mutating func registerLimits() {
        registerAdaptiveLimits()
        register(
            SystemImplementation(
                id: "limit-fixed",
                family: .lockFree,
                summary: "a limit that was chosen for the full capacity",
                limit: { FixedLimiting($0) }
            )
        )
        register(
            SystemImplementation(
                id: "no-limit",
                family: .other,
                role: .control,
                summary: "control: everybody is let in; the queue at the service must grow",
                limit: { _ in NoLimiting() }
            )
        )
    }

    mutating func registerRecording() {
        register(
            SystemImplementation(
                id: "lag-monitor",
                family: .lockFree,
                summary: "the lag monitor and its recorder",
                recording: { RecordingInstance(MonitoredLatencies()) }
            )
        )
        register(
            SystemImplementation(
                id: "sorted-window",
                family: .other,
                role: .control,
                summary: "control: an array behind a lock, sorted for each reading; it must allocate",
                recording: { RecordingInstance(SortedLatencies()) }
            )
        )
    }
}
