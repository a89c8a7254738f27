import RateLimiters
import Testing

@Suite("A rate driven by lag")
struct LagControllerTests {
    @Test(
        "Each band, at its edges",
        arguments: [
            (0, 1.1), (999, 1.1), (1_000, 1), (1_001, 1), (9_999, 1), (10_000, 1), (10_001, 0.5), (100_000, 0.5),
            (100_001, 0.1), (Int.max, 0.1), (-5, 1.1),
        ] as [(Int, Double)]
    )
    func bands(lag: Int, factor: Double) {
        var controller = LagController(bounds: 1...10_000, initial: 1_000)
        let decision = controller.next(lag)
        #expect(abs(decision.permitsPerSecond - 1_000 * factor) < 1e-9)
        #expect(decision.change == (factor < 1 ? .lowered : factor > 1 ? .raised : .held))
        #expect(controller.permitsPerSecond == decision.permitsPerSecond)
        #expect(decision.reason.contains("\(lag)"))
    }

    @Test("It stays within its bounds, and recovers by 10 % of itself each cycle")
    func boundsHold() {
        var controller = LagController(bounds: 50...1_000)
        #expect(controller.permitsPerSecond == 1_000)
        #expect([100_001, 100_001, 100_001].map { controller.next($0).permitsPerSecond } == [100, 50, 50])
        #expect(controller.next(200_000).change == .held)
        #expect(abs(controller.next(0).permitsPerSecond - 55) < 1e-9)
        #expect(abs(controller.next(0).permitsPerSecond - 60.5) < 1e-9)
        for _ in 0..<100 { _ = controller.next(999) }
        #expect(controller.permitsPerSecond == 1_000)
        #expect(controller.next(0).change == .held)
    }

    @Test("A lag that can't be read changes nothing")
    func missing() {
        var controller = LagController(bounds: 1...1_000, initial: 500)
        let decision = controller.next(nil)
        #expect(decision.permitsPerSecond == 500 && decision.change == .unmeasured)
    }

    @Test("Other bands can be set, in any order")
    func otherBands() {
        let bands = LagBands(
            reductions: [.init(above: 10, factor: 0.9), .init(above: 30, factor: 0.2), .init(above: 20, factor: 0.5)],
            raisedUnder: 10,
            by: 1
        )
        for (lag, rate) in [(9, 200), (10, 100), (11, 90), (20, 90), (21, 50), (31, 20)] as [(Int, Double)] {
            var controller = LagController(bounds: 1...1_000, initial: 100, bands: bands)
            #expect(controller.next(lag).permitsPerSecond == rate)
        }
    }

    @Test("Bands that make no sense are refused")
    func invalidBands() async {
        await #expect(processExitsWith: .failure) { _ = LagBands(reductions: [], raisedUnder: 1, by: 0.1) }
        await #expect(processExitsWith: .failure) {
            _ = LagBands(reductions: [.init(above: 10, factor: 1)], raisedUnder: 1, by: 0.1)
        }
        await #expect(processExitsWith: .failure) {
            _ = LagBands(reductions: [.init(above: 10, factor: 0.5)], raisedUnder: 11, by: 0.1)
        }
        await #expect(processExitsWith: .failure) {
            let wrongWay = [LagBands.Reduction(above: 10, factor: 0.1), .init(above: 100, factor: 0.5)]
            _ = LagBands(reductions: wrongWay, raisedUnder: 1, by: 0.1)
        }
        await #expect(processExitsWith: .failure) {
            _ = LagBands(reductions: [.init(above: 10, factor: 0.5)], raisedUnder: 1, by: 0)
        }
        await #expect(processExitsWith: .failure) { _ = LagController(bounds: 1...5e9) }
        await #expect(processExitsWith: .failure) { _ = LagController(bounds: 1...10, initial: 11) }
    }
}
