import BackpressureTesting
import Testing

@testable import BackpressureBenchmark

@Suite("A shift")
struct ShiftTests {
    @Test(
        "is judged by where its whole interval lies",
        arguments: [
            (0.95, 1.05, Shift.Answer.within), (0.91, 0.99, .within), (0.80, 0.89, .worse), (0.85, 0.95, .undecided),
            (0.5, 2, .undecided), (1.12, 1.3, .better), (1.05, 1.3, .within),
        ]
    )
    func answers(low: Double, high: Double, answer: Shift.Answer) {
        let change = Estimate(median: (low + high) / 2, low: low, high: high)
        #expect(Shift.answer(change, tolerance: 0.1, isBelieved: true) == answer)
    }

    @Test("for the worse isn't believed before there are blocks enough")
    func belief() {
        let change = Estimate(median: 0.7, low: 0.6, high: 0.8)
        #expect(Shift.answer(change, tolerance: 0.1, isBelieved: false) == .undecided)
    }

    @Test("without an interval is undecided")
    func noInterval() {
        let shift = Shift(from: [1], to: [1], tolerance: 0.1, leastBlocks: 1, bootstrap: Bootstrap(seed: 1))
        #expect(shift.answer == .undecided)
    }

    @Test("has an interval with the spread of both sides")
    func interval() throws {
        var random = SeededGenerator(seed: 3)
        func blocks(_ mean: Double, _ spread: Double) -> [Double] {
            (0..<15).map { _ in mean * (1 + Double.random(in: -spread...spread, using: &random)) }
        }
        let bootstrap = Bootstrap(seed: 1, confidence: 0.99)
        let (steady, wild) = (blocks(10, 0.01), blocks(10, 0.4))
        let narrow = try #require(bootstrap.change(from: steady, to: steady))
        let wide = try #require(bootstrap.change(from: wild, to: steady))
        let (narrowLow, narrowHigh) = (try #require(narrow.low), try #require(narrow.high))
        let (wideLow, wideHigh) = (try #require(wide.low), try #require(wide.high))
        #expect(narrowLow <= 1 && narrowHigh >= 1 && narrowHigh - narrowLow < 0.05)
        #expect(wideHigh - wideLow > 0.1)
        #expect(bootstrap.change(from: [1, 2], to: [0, 1]) == nil)
        #expect(bootstrap.change(from: [], to: [1]) == nil)
    }
}
