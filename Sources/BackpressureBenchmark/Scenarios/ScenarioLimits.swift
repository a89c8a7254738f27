/// What a scenario file may ask for. Beyond these bounds lies what no machine can run or no run can show.
enum ScenarioLimits {
    static let fileBytes = 1 << 20
    static let titleLength = 120
    static let pathLength = 4_096
    static let repetitions = 1...1_000
    static let durationSeconds = 0.0001...3_600
    static let warmupSeconds = 0.0...60

    static let workers = 1...1_024
    /// Where `drivers` is tasks alone.
    static let tasks = 1...100_000
    static let queues = 1...10_000
    static let restMilliseconds = 0.1...3_600_000
    static let capacity = 1...(1 << 24)
    static let payloadBytes = 8...(1 << 20)
    static let batch = 1...65_536
    static let sampleOneIn = 1...1_000_000
    static let watermark = 0.0...1
    static let longestDelayMicroseconds = 0.0...1_000_000
    static let spillLimit = 1...(1 << 24)
    static let serviceTimeMicroseconds = 0.0...1_000_000
    static let memoryCapMebibytes = 8...65_536
    static let overloadFactor = 1.0...1_000_000

    static let arrivalsPerSecond = 0.0001...1e9
    static let phaseSeconds = 0.0001...3_600
    static let speedup = 0.0001...1e8
    static let windowStartSeconds = 0...(TraceReader.maximumSeconds - 1)
    static let windowLengthSeconds = 1...TraceReader.maximumSeconds

    static let permitsPerSecond = 0.0001...3e8
    static let burst = 1...(1 << 32)
    static let decisions = 1...10_000_000_000

    static let windowCalls = 1...16_384
    static let windowSeconds = 0.128...3_600
    static let windowBuckets = 2...64
    static let concurrentPermits = 1...Int(Int32.max)
}

/// What a scenario file need not say.
enum ScenarioDefaults {
    static let repetitions = 5
    static let durationSeconds = 0.2
    static let warmupSeconds = 0.05
    static let payloadBytes = 8
    static let policy = QueueLoad.Policy.block
    static let waiting = QueueLoad.Waiting.yield
    static let batch = 1
    static let sampleOneIn = 10
    static let lowWatermark = 0.5
    static let highWatermark = 0.9
    static let longestDelayMicroseconds = 10_000.0
    static let spillLimit = 65_536
    static let serviceTimeMicroseconds = 0.0
    static let windowCalls = 100
    static let windowBuckets = 10
}
