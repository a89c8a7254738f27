import RateLimiters

/// A service that takes so many requests a second and queues the others, driven by a controller cycle by cycle.
struct SimulatedService {
    /// What a request takes that waits for nobody, on an idle service, in seconds.
    var leastSeconds = 0.01
    let cycleSeconds = 0.1
    private(set) var backlog = 0.0

    /// Offers requests at a rate for one cycle.
    ///
    /// - Returns: the latency at its end.
    mutating func run(permitsPerSecond rate: Double, capacity: Double) -> LatencyReading {
        backlog = max(0, backlog + (rate - capacity) * cycleSeconds)
        let service = leastSeconds * (1 + 0.5 * min(1, rate / capacity))
        return LatencyReading(latency: .seconds(service + backlog / capacity))
    }

    /// Runs for so many cycles at a capacity.
    ///
    /// - Returns: the mean of the rates and the longest latency of the last half of them.
    mutating func settle<Controller: RateController>(
        _ controller: inout Controller,
        capacity: Double,
        cycles: Int = 1_000
    ) -> (rate: Double, longest: Duration) where Controller.Reading == LatencyReading {
        var sum = 0.0
        var longest = Duration.zero
        for cycle in 0..<cycles {
            let reading = run(permitsPerSecond: controller.permitsPerSecond, capacity: capacity)
            if cycle >= cycles / 2 {
                sum += controller.permitsPerSecond
                longest = max(longest, reading.latency ?? .zero)
            }
            _ = controller.next(reading)
        }
        return (sum / Double(cycles - cycles / 2), longest)
    }
}

/// The usual mistake: the latency that others are compared with is a mean of all, those in a queue included.
struct MeanLatencyController: RateController {
    let bounds = 10.0...100_000
    private(set) var permitsPerSecond = 10.0
    private var mean: Double?

    mutating func next(_ reading: LatencyReading) -> RateDecision {
        let latency = (reading.latency ?? .zero) / .seconds(1)
        let mean = self.mean.map { $0 + 0.05 * (latency - $0) } ?? latency
        self.mean = mean
        let gradient = min(1, max(0.5, 1.5 * mean / latency))
        permitsPerSecond = min(bounds.upperBound, permitsPerSecond * (1 + 0.5 * (gradient + 0.05 - 1)))
        return RateDecision(permitsPerSecond: permitsPerSecond, change: .held, reason: "")
    }
}
