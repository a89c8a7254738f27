import BackpressureBenchmark
import BackpressureBenchmarkCommands
import BoundedQueues

var registry = Registry.builtIn
for defect in QueueDefect.allCases { registry.register(defect.implementation) }
registry.register(UnwakingQueue<UInt64>.implementation)
registry.register(SlowedQueue<UInt64>.implementation)
registry.register(
    QueueImplementation(
        id: "never-dies",
        family: .other,
        role: .control,
        summary: "a control that is bounded, so that a flood proves nothing",
        policies: [.reject],
        words: nil,
        payloads: { QueueInstance(MutexQueue<Payload>(capacity: $0.capacity, policy: $0.policy, onDrop: $0.onDrop)) }
    )
)
for defect in LimiterDefect.allCases { registry.register(defect.implementation) }
for defect in BreakerDefect.allCases { registry.register(defect.implementation) }
for defect in SemaphoreDefect.allCases { registry.register(defect.implementation) }
for defect in SystemDefect.allCases { registry.register(defect.implementation) }
await BenchmarkTool.main(registry)
