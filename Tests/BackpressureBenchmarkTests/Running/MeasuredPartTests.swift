import BackpressureTesting
import Testing

@testable import BackpressureBenchmark

@Suite("Counters read while workers run")
struct MeasuredPartTests {
    /// Workers that do an operation a nanosecond, also while the reader is held up before it looks.
    private func read(holdUps: [UInt64]) -> (reading: (nanoseconds: UInt64, counters: UInt64), looks: Int) {
        let clock = ManualClock(nanoseconds: 1_000)
        var looks = 0
        let reading = MeasuredPart.readTogether(with: clock) {
            clock.advance(byNanoseconds: looks < holdUps.count ? holdUps[looks] : 1_000)
            looks += 1
            return clock.nanoseconds()
        }
        return (reading, looks)
    }

    @Test("go with the time of their reading, however long the reader was held up before it")
    func heldUp() {
        for holdUps: [UInt64] in [[], [140_000_000], [50_000_000, 140_000_000, 30_000]] {
            let (reading, looks) = read(holdUps: holdUps)
            #expect(reading.counters - reading.nanoseconds == 1_000, "\(holdUps)")
            #expect(looks == holdUps.count + 1)
        }
    }

    @Test("are those of the quickest reading if none is quick")
    func neverQuick() {
        let (reading, looks) = read(holdUps: [90_000, 80_000, 50_000] + Array(repeating: 70_000, count: 1_000))
        #expect(reading.counters - reading.nanoseconds == 50_000)
        #expect(looks < 1_000)
    }
}
