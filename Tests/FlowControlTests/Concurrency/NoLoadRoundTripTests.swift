import Testing

@testable import FlowControl

@Suite("The round trip without a queue, as far as is known")
struct NoLoadRoundTripTests {
    private var noLoad = NoLoadRoundTrip(probeInterval: 1)

    private mutating func learn(_ roundTrip: Double) {
        noLoad.take(roundTrip, relativeError: 0, at: 100)
        noLoad.decide(isFall: false, roundTrip: roundTrip, at: 100)
    }

    @Test("A probe in the middle of which the service changes is hardly believed")
    mutating func changeInProbe() {
        learn(10_000)
        #expect(noLoad.isProbing)
        noLoad.takeProbe(16_000, relativeError: 0)
        noLoad.takeProbe(20_000, relativeError: 0)
        #expect(!noLoad.isProbing)
        #expect((noLoad.nanoseconds ?? 0) <= 10_100)
    }

    @Test("A probe that finds a queue is believed, and followed by another soon")
    mutating func queueInProbe() {
        noLoad = NoLoadRoundTrip(probeInterval: 15)
        for _ in 0..<15 { learn(12_000) }
        #expect(noLoad.isProbing)
        for _ in 0..<2 { noLoad.takeProbe(10_800, relativeError: 0) }
        #expect(noLoad.nanoseconds == 10_800)
        for _ in 0..<4 {
            #expect(!noLoad.isProbing)
            learn(10_900)
        }
        #expect(noLoad.isProbing)
        for _ in 0..<2 { noLoad.takeProbe(10_800, relativeError: 0) }
        for _ in 0..<14 {
            learn(10_800)
            #expect(!noLoad.isProbing, "there was no queue")
        }
    }

    @Test("A probe goes on while what it measures varies, but not for good")
    mutating func variation() {
        learn(10_000)
        for _ in 0..<4 { noLoad.takeProbe(10_000, relativeError: 0.1) }
        #expect(noLoad.isProbing)
        noLoad.takeProbe(10_000, relativeError: 0.1)
        #expect(!noLoad.isProbing)
    }

    @Test("A nanosecond more is no queue: both grow as fast as where nothing varies")
    func nanoseconds() {
        func grown(_ algorithm: some ConcurrencyLimitAlgorithm) -> Int {
            var algorithm = algorithm
            for index in 0..<40 {
                let roundTrip = 10_000_000 + UInt64(index % 2)
                algorithm.sample(ConcurrencySample(roundTripNanoseconds: roundTrip, inFlight: algorithm.limit))
            }
            return algorithm.limit
        }
        #expect(grown(VegasLimit(initial: 20)) > 100)
        #expect(grown(Gradient2Limit(initial: 20)) > 100)
    }
}
