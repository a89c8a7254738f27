import BackpressureTesting
import Testing

@testable import BackpressureMonitoring

@Suite("Flow window")
struct FlowWindowTests {
    private let second: UInt64 = 1_000_000_000

    @Test("The lag in time is how long ago the element came that is next, whatever comes and goes")
    func lagIsTheAgeOfTheNext() {
        var random = SeededGenerator(seed: 21)
        for _ in 0..<50 {
            var window = FlowWindow(nanoseconds: 10 * second, parts: 10)
            var cameAt: [UInt64] = []
            var departed = 0
            var now: UInt64 = 0
            for _ in 0..<60 {
                // Elements come evenly between two readings: then it is known exactly when each came.
                let step = second
                let arrivals = Int.random(in: 0...40, using: &random)
                for number in 0..<arrivals { cameAt.append(now + step * UInt64(number) / UInt64(arrivals)) }
                now += step
                departed = min(cameAt.count, departed + Int.random(in: 0...40, using: &random))
                let flow = window.read(gauges(arrived: cameAt.count, departed: departed), now: now)
                guard let lag = flow.lagNanoseconds, now > 12 * second else { continue }
                let exact = departed < cameAt.count ? now - cameAt[departed] : 0
                if exact <= 9 * second {
                    #expect(lag.distance(to: exact).magnitude <= 2, "\(lag), exactly \(exact)")
                } else {
                    #expect(lag >= 9 * second)
                }
            }
        }
    }

    @Test("What came before the window began is as old as nothing has moved, at least")
    func standstillGrows() {
        var window = FlowWindow(nanoseconds: 10 * second, parts: 10)
        _ = window.read(gauges(arrived: 0, departed: 0), now: 0)
        for number in 1...300 {
            let flow = window.read(gauges(arrived: 5, departed: 0), now: UInt64(number) * second)
            #expect(flow.lagNanoseconds ?? 0 >= UInt64(number - 1) * second)
            #expect(window.standstillNanoseconds == UInt64(number) * second)
        }
    }

    @Test("Whoever has nothing to do neither lags nor stands still")
    func idleIsNoStandstill() {
        var window = FlowWindow(nanoseconds: 10 * second, parts: 10)
        for number in 0..<100 {
            let flow = window.read(gauges(arrived: 7, departed: 7), now: UInt64(number) * second)
            #expect(flow.lagNanoseconds == 0)
            #expect(window.standstillNanoseconds == 0)
        }
        _ = window.read(gauges(arrived: 8, departed: 7), now: 100 * second)
        #expect(window.standstillNanoseconds == second)
    }

    @Test("Rates are those of the window: what was before is forgotten")
    func ratesForget() {
        var window = FlowWindow(nanoseconds: 10 * second, parts: 10)
        var arrived = 0
        var flow = Flow()
        for number in 0..<200 {
            arrived += number < 100 ? 1_000 : 10
            flow = window.read(gauges(arrived: arrived, departed: arrived), now: UInt64(number) * second)
            guard number > 0 else { continue }
            let rate = flow.arrivalsPerSecond ?? 0
            if number < 100 { #expect(abs(rate - 1_000) < 1e-6) }
            if number >= 112 { #expect(abs(rate - 10) < 1e-6) }
        }
        #expect(flow.departuresPerSecond == flow.arrivalsPerSecond)
    }

    @Test("The first reading, and another at the same time, say nothing of rates")
    func noRateWithoutTime() {
        var window = FlowWindow(nanoseconds: second, parts: 10)
        #expect(window.read(gauges(arrived: 9, departed: 1), now: 5).arrivalsPerSecond == nil)
        #expect(window.read(gauges(arrived: 9, departed: 1), now: 5).arrivalsPerSecond == nil)
        #expect(window.read(gauges(arrived: 9, departed: 1), now: 4).arrivalsPerSecond == nil)
        #expect(window.read(gauges(arrived: 9, departed: 1), now: 6).arrivalsPerSecond == 0)
    }

    @Test("Counts read late, by another reading, are no step back")
    func lateCounts() {
        var window = FlowWindow(nanoseconds: 10 * second, parts: 10)
        var total: UInt64 = 0
        for arrived in [10, 20, 15, 20, 30] {
            total += window.read(gauges(arrived: arrived, departed: 0), now: second).newlyArrived
        }
        #expect(total == 30)
    }

    @Test("However often it is read, the same few samples are kept")
    func memoryIsConstant() {
        var random = SeededGenerator(seed: 22)
        var window = FlowWindow(nanoseconds: 1_000, parts: 10)
        var now: UInt64 = 0
        for number in 0..<5_000 {
            now += UInt64.random(in: 0...400, using: &random)
            _ = window.read(gauges(arrived: number, departed: number / 2), now: now)
            #expect(window.sampleCount <= 12)
        }
    }

    private func gauges(arrived: Int, departed: Int) -> Gauges {
        Gauges(kind: "queue", depth: arrived - departed, arrived: UInt64(arrived), departed: UInt64(departed))
    }
}
