import BackpressureBenchmark
import BackpressureBenchmarkCommands

var registry = Registry.builtIn
for defect in QueueDefect.allCases { registry.register(defect.implementation) }
registry.register(UnwakingQueue<UInt64>.implementation)
registry.register(SlowedQueue<UInt64>.implementation)
for defect in LimiterDefect.allCases { registry.register(defect.implementation) }
for defect in BreakerDefect.allCases { registry.register(defect.implementation) }
for defect in SemaphoreDefect.allCases { registry.register(defect.implementation) }
for defect in SystemDefect.allCases { registry.register(defect.implementation) }
await BenchmarkTool.main(registry)
