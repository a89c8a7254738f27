import RateLimiters
import Testing

@Suite("Rate")
struct RateTests {
    @Test("It is kept in lowest terms")
    func lowestTerms() {
        #expect(Rate.perSecond(700_000) == Rate(permits: 7, perNanoseconds: 10_000))
        #expect(Rate(permits: 6, perNanoseconds: 4) == Rate(permits: 3, perNanoseconds: 2))
    }

    @Test("An integer literal, an integer and a fraction all make a rate")
    func literals() {
        let count: UInt64 = 80_000
        #expect(Rate.perSecond(80_000) == Rate.perSecond(count))
        #expect(Rate.perSecond(80_000.0) == Rate.perSecond(80_000))
        #expect(Rate.perSecond(1.5) == Rate(permits: 3, perNanoseconds: 2_000_000_000))
        #expect(Rate.perSecond(0.25) == Rate(permits: 1, perNanoseconds: 4_000_000_000))
    }

    @Test("The slowest and the fastest rate that are allowed can be made")
    func limits() {
        let slowest = Rate(permits: 1, perNanoseconds: 315_576_000_000_000_000)
        #expect(Rate.allowedPerSecond.contains(slowest.permitsPerSecond))
        #expect(Rate.perSecond(4_000_000_000) == Rate(permits: 4, perNanoseconds: 1))
        for bound in [Rate.allowedPerSecond.lowerBound, Rate.allowedPerSecond.upperBound] {
            #expect(abs(Rate.perSecond(bound).permitsPerSecond / bound - 1) < 1e-6)
        }
    }

    @Test(
        "A slow rate given as a fraction is as exact as a fast one",
        arguments: [1.0 / 86_400, 1.0 / 3_600, 1.0 / 3, 0.3]
    )
    func slowFractions(perSecond: Double) {
        #expect(abs(Rate.perSecond(perSecond).permitsPerSecond / perSecond - 1) < 1e-8)
    }
}
