import BackpressureBenchmark
import Testing

@Suite("Numbers for people")
struct NumbersTests {
    @Test(
        "Rates have three digits and a prefix",
        arguments: [
            (12_340_000, "12.3 M/s"), (812_000, "812 k/s"), (999_499, "999 k/s"), (999_600, "1.00 M/s"),
            (1_000, "1.00 k/s"), (999.4, "999 /s"), (999.6, "1.00 k/s"), (0, "0 /s"), (7, "7 /s"), (0.5, "0.50 /s"),
            (9.996, "10.0 /s"), (2.5e15, "2500 T/s"), (-1_500, "-1.50 k/s"),
        ] as [(Double, String)]
    )
    func rates(value: Double, text: String) {
        #expect(Numbers.rate(value) == text)
    }

    @Test(
        "Times go from nanoseconds to seconds",
        arguments: [
            (850, "850 ns"), (1_240, "1.24 µs"), (20.5, "20.5 ns"), (0.35, "0.35 ns"), (999_999, "1.00 ms"),
            (3e9, "3.00 s"), (1.5e12, "1500 s"), (0, "0 ns"),
        ] as [(Double, String)]
    )
    func durations(value: Double, text: String) {
        #expect(Numbers.duration(nanoseconds: value) == text)
    }

    @Test(
        "Memory is counted by 1 024",
        arguments: [
            (1.5 * 1_048_576, "1.5 MiB"), (512, "512 B"), (1_024, "1.0 KiB"), (1_023.7, "1.0 KiB"), (0, "0 B"),
            (1_023 * 1_024, "1023 KiB"), (128 * 1_048_576, "128 MiB"),
        ] as [(Double, String)]
    )
    func bytes(value: Double, text: String) {
        #expect(Numbers.bytes(value) == text)
    }

    @Test("Counts, plain figures and ratios")
    func others() {
        #expect(Numbers.count(4_200_000) == "4.20 M")
        #expect(Numbers.count(17) == "17")
        #expect(Numbers.decimal(0) == "0.00")
        #expect(Numbers.decimal(-0.001) == "0.00")
        #expect(Numbers.decimal(-0.25, decimals: 1) == "-0.2")
        #expect(Numbers.decimal(12.3456, decimals: 3) == "12.346")
        #expect(Numbers.ratio(1.836) == "1.84x")
        #expect(Numbers.ratio(Estimate(median: 1.84, low: 1.8, high: 1.9)) == "1.84x [1.80, 1.90]")
        #expect(Numbers.ratio(Estimate(median: 1.84)) == "1.84x")
    }

    @Test("What wasn't measured, or isn't finite, is a dash")
    func notMeasured() {
        for value in [nil, Double.nan, .infinity] {
            #expect(Numbers.rate(value) == "–")
            #expect(Numbers.count(value) == "–")
            #expect(Numbers.duration(nanoseconds: value) == "–")
            #expect(Numbers.bytes(value) == "–")
            #expect(Numbers.decimal(value) == "–")
            #expect(Numbers.ratio(value) == "–")
            #expect(Numbers.timeLeft(seconds: value) == "–")
        }
        #expect(Numbers.ratio(nil as Estimate?) == "–")
    }

    @Test(
        "Time left is rounded up to what one would say",
        arguments: [
            (0, "0 s"), (-3, "0 s"), (44.2, "45 s"), (59.5, "1 min 00 s"), (80, "1 min 20 s"), (7_500, "2 h 05 min"),
        ] as [(Double, String)]
    )
    func timeLeft(seconds: Double, text: String) {
        #expect(Numbers.timeLeft(seconds: seconds) == text)
    }
}
