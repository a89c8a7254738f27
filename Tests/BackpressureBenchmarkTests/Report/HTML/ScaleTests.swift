import Testing

@testable import BackpressureBenchmark

@Suite("Scale of a chart")
struct ScaleTests {
    @Test(
        "Ticks are round, in order, and on the scale",
        arguments: [
            [1.0, 2, 3], [0.5], [0], [1e6, 2.3e6], [3e5, 1.7e9], [1e-9, 1], [65_536, 1.2e8], [12, 12], [],
        ]
    )
    func ticks(values: [Double]) {
        for kind in [nil, Scale.Kind.linear, .logarithmic, .symmetric] {
            for steps in [Scale.Steps.decimal, .binary] {
                let scale = Scale(values, kind, steps: steps, from: 10, to: 300)
                let ticks = scale.ticks
                #expect(ticks == ticks.sorted() && Set(ticks).count == ticks.count)
                #expect((1...7).contains(ticks.count), "\(values), \(scale.kind), \(steps): \(ticks)")
                for tick in ticks { #expect((10...300).contains(scale.position(tick))) }
            }
        }
    }

    @Test("Values keep their order, ends are at the ends, and what is off the scale stands at its end")
    func positions() {
        for kind in [Scale.Kind.linear, .logarithmic, .symmetric] {
            let scale = Scale([1, 10, 1_000], kind, from: 200, to: 0)
            let places = [1.0, 10, 1_000].map(scale.position)
            #expect(places == places.sorted(by: >) && places.allSatisfy { (0...200).contains($0) })
            #expect(scale.position(1e12) == 0 && scale.position(-1e12) == 200)
        }
    }

    @Test("It is logarithmic where small values would vanish, and begins at 0 otherwise")
    func kinds() {
        #expect(Scale([1, 7], from: 0, to: 1).kind == .linear)
        #expect(Scale([1, 7], from: 0, to: 1).low == 0)
        #expect(Scale([1, 70], from: 0, to: 1).kind == .logarithmic)
        #expect(Scale([0, 70], from: 0, to: 1).kind == .linear)
    }
}
