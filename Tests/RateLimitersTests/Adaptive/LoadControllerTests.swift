import RateLimiters
import Testing

@Suite("A rate driven by load")
struct LoadControllerTests {
    /// Without smoothing, and with signals that each suffice, unless said otherwise.
    private func controller(
        agreement: Int = 1,
        smoothing: Double = 1,
        lower: Double = 1
    ) -> LoadController {
        LoadController(bounds: lower...1_000, agreement: agreement, smoothing: smoothing)
    }

    private func load(_ cpu: Double?, _ memory: Double?, pool: Double? = nil) -> LoadReadings {
        LoadReadings([.cpu: cpu, .memory: memory, .pool("connections"): pool])
    }

    private func rate(_ reading: LoadReadings, agreement: Int = 1) -> Double {
        var controller = controller(agreement: agreement)
        return controller.next(reading).permitsPerSecond
    }

    @Test("A signal takes off in proportion to what it is over its threshold, times its weight")
    func proportion() {
        #expect(rate(load(0.8, 0.5)) == 1_000)
        #expect(abs(rate(load(0.9, 0.5)) - 750) < 1e-6)
        #expect(abs(rate(load(1, 0.5)) - 500) < 1e-6)
        #expect(abs(rate(load(0.85, 0.5)) - 875) < 1e-6)
    }

    @Test("Memory weighs more than the processors do, and what they take off adds up")
    func weights() {
        #expect(abs(rate(load(0.5, 0.9)) - 500) < 1e-6)
        #expect(rate(load(0.5, 0.9)) < rate(load(0.9, 0.5)))
        #expect(abs(rate(load(0.9, 0.9)) - 250) < 1e-6)
        #expect(rate(load(1, 1)) == 1)
        #expect(abs(rate(load(0, 0, pool: 0.9)) - 750) < 1e-6)
    }

    @Test("One signal alone changes nothing where two have to agree")
    func agreement() {
        #expect(rate(load(1, 0.8, pool: 0.7), agreement: 2) == 1_000)
        #expect(rate(load(0.3, 1), agreement: 2) == 1_000)
        #expect(abs(rate(load(0.9, 0.81), agreement: 2) - 700) < 1e-6)
        #expect(rate(load(0.9, 0.81), agreement: 3) == 1_000)
        #expect(abs(rate(load(0.9, 0.81, pool: 0.9), agreement: 3) - 450) < 1e-6)
        // What applies unless something else is said.
        var standard = LoadController(bounds: 1...1_000)
        #expect(standard.agreement == 2)
        #expect(standard.next(load(1, 0.1)).change == .held)
    }

    @Test("Readings are smoothed, the first of all counting in full")
    func smoothing() {
        var controller = controller(smoothing: 0.5)
        #expect(controller.next(load(0.5, 0.5)).permitsPerSecond == 1_000)
        // A mean of 0.75: still under the threshold. A controller that doesn't smooth would lower the rate.
        #expect(controller.next(load(1, 0.5)).permitsPerSecond == 1_000)
        // 0.875: over by 3/8 of what is possible.
        #expect(abs(controller.next(load(1, 0.5)).permitsPerSecond - 812.5) < 1e-6)
        var fresh = self.controller(smoothing: 0.5)
        #expect(abs(fresh.next(load(1, 0.5)).permitsPerSecond - 500) < 1e-6)
    }

    @Test("The rate falls at once and rises by a step each cycle, up to where it should be")
    func recovery() {
        var controller = controller()
        #expect(abs(controller.next(load(0, 0.95)).permitsPerSecond - 250) < 1e-6)
        // It should be 500 now.
        #expect(abs(controller.next(load(0, 0.9)).permitsPerSecond - 350) < 1e-6)
        #expect(abs(controller.next(load(0, 0.9)).permitsPerSecond - 450) < 1e-6)
        #expect(abs(controller.next(load(0, 0.9)).permitsPerSecond - 500) < 1e-6)
        #expect(controller.next(load(0, 0.9)).change == .held)
        let rates = (0..<6).map { _ in controller.next(load(0, 0)).permitsPerSecond.rounded() }
        #expect(rates == [600, 700, 800, 900, 1_000, 1_000])
    }

    @Test("Its bounds hold")
    func boundsHold() {
        var controller = controller(lower: 200)
        #expect(controller.next(load(1, 1)).permitsPerSecond == 200)
        #expect(controller.next(load(1, 1)).change == .held)
    }

    @Test("Where fewer signals can be read than have to agree, nothing changes")
    func unmeasured() {
        var controller = controller(agreement: 2)
        #expect(controller.next(load(nil, nil)).change == .unmeasured)
        #expect(abs(controller.next(load(0.9, 0.9)).permitsPerSecond - 250) < 1e-6)
        for reading in [load(nil, nil), load(0.1, nil), load(nil, 0.1)] {
            let decision = controller.next(reading)
            #expect(decision.change == .unmeasured && abs(decision.permitsPerSecond - 250) < 1e-6)
        }
        #expect(abs(controller.next(load(0.1, 0.1)).permitsPerSecond - 350) < 1e-6)
    }

    @Test("What was too high and can't be read any more is not taken for low")
    func lostSignal() {
        var controller = controller(agreement: 2)
        #expect(abs(controller.next(load(0.9, 0.9, pool: 0.1)).permitsPerSecond - 250) < 1e-6)
        #expect(controller.next(load(0.1, nil, pool: 0.1)).change == .held)
        #expect(controller.next(load(0.1, nil, pool: 0.1)).change == .held)
        #expect(controller.next(load(0.1, 0.1, pool: 0.1)).change == .raised)
        // One that was low before may be away.
        #expect(controller.next(load(0.1, nil, pool: 0.1)).change == .raised)
    }

    @Test("The reason names the signals that count")
    func reason() {
        var controller = controller(agreement: 2)
        let reason = controller.next(load(0.9, 0.95)).reason
        #expect(reason.contains("memory 0.95") && reason.contains("cpu 0.9"))
    }

    @Test("Readings are moved into 0...1, and what isn't a number can't be read")
    func readings() {
        var readings = LoadReadings([.cpu: 1.5, .memory: -1, .ioPressure: .nan, .cpuPressure: nil])
        readings[.pool("a")] = .infinity
        #expect(readings[.cpu] == 1 && readings[.memory] == 0 && readings[.pool("a")] == 1)
        #expect(readings[.ioPressure] == nil && readings[.cpuPressure] == nil)
        #expect(readings.signals == [.cpu, .memory, .pool("a")])
    }

    @Test("Several providers are read as one, and of the same signal the larger share counts")
    func providers() async {
        let provider = CombinedLoadProvider([
            PoolLoadProvider("a") { 0.5 },
            PoolLoadProvider("b") { nil },
            PoolLoadProvider("a") { 0.7 },
            PoolLoadProvider("a") { 0.6 },
        ])
        #expect(await provider.readings() == LoadReadings([.pool("a"): 0.7]))
    }

    @Test("Signals without a limit don't count")
    func withoutLimit() {
        var controller = LoadController(bounds: 1...1_000, limits: [:], otherLimit: nil, agreement: 1)
        #expect(controller.next(load(1, 1, pool: 1)).change == .unmeasured)
    }

    @Test("Settings that make no sense are refused")
    func settings() async {
        await #expect(processExitsWith: .failure) { _ = LoadController.Limit(threshold: 1, weight: 1) }
        await #expect(processExitsWith: .failure) { _ = LoadController.Limit(threshold: 0.5, weight: 0) }
        await #expect(processExitsWith: .failure) { _ = LoadController(bounds: 1...2, agreement: 0) }
        await #expect(processExitsWith: .failure) { _ = LoadController(bounds: 1...2, smoothing: 0) }
        await #expect(processExitsWith: .failure) { _ = LoadController(bounds: 1...2, recovery: 1.1) }
    }
}
