import RateLimiters
import Testing

@Suite("A rate driven by latency")
struct LatencyControllerTests {
    private func reading(_ milliseconds: Int?, used: Double? = nil) -> LatencyReading {
        LatencyReading(latency: milliseconds.map { .milliseconds($0) }, utilization: used)
    }

    @Test("A good latency adds a step, one that is too long takes a share off")
    func additiveIncrease() {
        var controller = AIMDController(bounds: 100...1_000, initial: 500, longestLatency: .milliseconds(20))
        #expect(controller.next(reading(20)).permitsPerSecond == 510)
        #expect(controller.next(reading(21)).permitsPerSecond == 459)
        #expect(controller.next(reading(1)).change == .raised)
        for _ in 0..<100 { _ = controller.next(reading(100)) }
        #expect(controller.permitsPerSecond == 100 && controller.next(reading(100)).change == .held)
        for _ in 0..<100 { _ = controller.next(reading(1)) }
        #expect(controller.permitsPerSecond == 1_000)
    }

    @Test("Without a latency nothing changes; with little of the rate in use it isn't raised, but may be lowered")
    func silence() {
        var additive = AIMDController(bounds: 100...1_000, initial: 500, longestLatency: .milliseconds(20))
        var gradient = GradientController(bounds: 100...1_000, initial: 500)
        _ = gradient.next(reading(10))
        let start = gradient.permitsPerSecond
        #expect(additive.next(reading(nil)).change == .unmeasured && gradient.next(reading(nil)).change == .unmeasured)
        #expect(additive.next(reading(0)).change == .unmeasured && gradient.next(reading(0)).change == .unmeasured)
        #expect(additive.next(reading(10, used: 0.49)).change == .held)
        #expect(gradient.next(reading(10, used: 0.49)).change == .held)
        #expect(additive.permitsPerSecond == 500 && gradient.permitsPerSecond == start)
        #expect(additive.next(reading(10, used: 0.5)).change == .raised)
        #expect(gradient.next(reading(10, used: 0.5)).change == .raised)
        #expect(additive.next(reading(100, used: 0.1)).change == .lowered)
        #expect(gradient.next(reading(100, used: 0.1)).change == .lowered)
    }

    @Test("The gradient lowers the rate as the latency exceeds the least one, by half at most")
    func gradient() {
        func rate(_ milliseconds: Int) -> Double {
            var controller = GradientController(bounds: 1...10_000, initial: 1_000, growth: 0.1, smoothing: 1)
            #expect(controller.next(reading(10)).permitsPerSecond == 1_100)
            return controller.next(reading(milliseconds)).permitsPerSecond / 1_100
        }
        #expect(abs(rate(10) - 1.1) < 1e-9)
        #expect(abs(rate(15) - 1.1) < 1e-9)
        #expect(abs(rate(20) - 0.85) < 1e-9)
        #expect(abs(rate(30) - 0.6) < 1e-9)
        #expect(abs(rate(10_000) - 0.6) < 1e-9)
    }

    @Test("The least latency falls at once and rises only with a probe, by no more than a factor")
    func leastLatency() {
        let probing = GradientController.Probing(interval: 5, length: 2, factor: 0.5, largestRise: 2)
        var controller = GradientController(bounds: 1...10_000, initial: 1_000, probing: probing)
        _ = controller.next(reading(10))
        _ = controller.next(reading(8))
        #expect(controller.leastLatency == .milliseconds(8))
        for _ in 0..<2 { _ = controller.next(reading(100)) }
        #expect(controller.leastLatency == .milliseconds(8))
        let before = controller.permitsPerSecond
        #expect(controller.next(reading(100)).permitsPerSecond == before / 2)
        // What was in the queue at first doesn't count, only the least of the probe.
        #expect(controller.next(reading(90)).permitsPerSecond == before / 2)
        #expect(controller.next(reading(12)).permitsPerSecond == before)
        #expect(controller.leastLatency == .milliseconds(12))
        for _ in 0..<7 { _ = controller.next(reading(100)) }
        #expect(controller.leastLatency == .milliseconds(24))
        for _ in 0..<7 { _ = controller.next(reading(nil)) }
        #expect(controller.leastLatency == .milliseconds(24))
    }

    @Test("In a loop with a service the gradient settles near its capacity, without a queue, and follows it")
    func gradientInALoop() {
        var service = SimulatedService()
        var controller = GradientController(bounds: 10...100_000)
        for capacity in [1_000, 400, 2_000, 50] as [Double] {
            let (rate, longest) = service.settle(&controller, capacity: capacity)
            #expect(rate > 0.85 * capacity && rate < 1.05 * capacity, "\(rate) at \(capacity)")
            #expect(longest < .milliseconds(50), "\(longest) at \(capacity)")
        }
        // The service itself gets slower, and so what counts as little.
        service.leastSeconds = 0.1
        let (rate, longest) = service.settle(&controller, capacity: 1_000, cycles: 2_000)
        #expect(rate > 850 && rate < 1_050)
        #expect(longest < .milliseconds(400))
    }

    @Test("A controller that takes the mean latency for the least grows without bound in the same loop")
    func meanInALoop() {
        var service = SimulatedService()
        var controller = MeanLatencyController()
        let (rate, longest) = service.settle(&controller, capacity: 1_000, cycles: 2_000)
        #expect(rate > 10_000 && longest > .seconds(60))
    }

    @Test("In a loop with a service additive increase swings around its capacity, and follows it")
    func additiveInALoop() {
        var service = SimulatedService()
        var controller = AIMDController(
            bounds: 10...100_000,
            longestLatency: .milliseconds(30),
            increase: 5
        )
        for capacity in [1_000, 400, 2_000] as [Double] {
            let (rate, longest) = service.settle(&controller, capacity: capacity, cycles: 2_000)
            #expect(rate > 0.85 * capacity && rate < 1.05 * capacity, "\(rate) at \(capacity)")
            #expect(longest < .milliseconds(100), "\(longest) at \(capacity)")
        }
    }

    @Test("Settings that make no sense are refused")
    func settings() async {
        await #expect(processExitsWith: .failure) { _ = AIMDController(bounds: 1...2, longestLatency: .zero) }
        await #expect(processExitsWith: .failure) {
            _ = AIMDController(bounds: 1...2, longestLatency: .seconds(1), decrease: 1)
        }
        await #expect(processExitsWith: .failure) {
            _ = AIMDController(bounds: 1...2, longestLatency: .seconds(1), increase: 0)
        }
        await #expect(processExitsWith: .failure) { _ = GradientController(bounds: 1...2, tolerance: 0.9) }
        await #expect(processExitsWith: .failure) { _ = GradientController(bounds: 1...2, growth: 0.5) }
        await #expect(processExitsWith: .failure) { _ = GradientController.Probing(interval: 0) }
        await #expect(processExitsWith: .failure) { _ = GradientController.Probing(factor: 1) }
        await #expect(processExitsWith: .failure) { _ = GradientController.Probing(largestRise: 1) }
    }
}
