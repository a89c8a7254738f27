import BackpressureBenchmark
import BackpressureBenchmarkCommands

var registry = Registry.builtIn
registry.register(
    QueueImplementation(
        id: "array",
        family: .mutex,
        summary: "an array behind a mutex, emptied from the front",
        policies: [.block],
        words: { QueueInstance(ArrayQueue<UInt64>(capacity: $0.capacity)) },
        payloads: { QueueInstance(ArrayQueue<Payload>(capacity: $0.capacity)) }
    )
)
await BenchmarkTool.main(registry)
