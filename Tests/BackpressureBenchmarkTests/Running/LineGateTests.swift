import Synchronization
import Testing

@testable import BackpressureBenchmark

@Suite("Measuring only while the processors are near")
struct LineGateTests {
    /// A gate at 100 ns to which the round trips come one after the other, the last one for ever.
    private static func gate(_ roundTrips: Double...) -> LineGate {
        var gate = LineGate(limitNanoseconds: 100)
        let looks = Looks()
        gate.roundTrip = { roundTrips[min(looks.next(), roundTrips.count - 1)] }
        return gate
    }

    private final class Looks: Sendable {
        private let count = Atomic(0)
        func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
    }

    private static func noise(_ roundTrip: Double) -> MachineNoise {
        MachineNoise(calibrationNanoseconds: 1, pingPongNanoseconds: roundTrip, clockNanoseconds: 1)
    }

    @Test("It is open while they are near, and opens when they have come near")
    func opens() async {
        var near = Self.gate(100)
        #expect(await near.open())
        #expect(near.waited == 0)
        #expect(near.waitedSeconds == 0)

        var coming = Self.gate(450, 101, 90)
        #expect(await coming.open())
        #expect(coming.waited == 1)
        #expect(coming.waitedSeconds > 0)
    }

    @Test("It stays closed if they don't come in time for one measurement, or for all")
    func givesUp() async {
        var far = Self.gate(450)
        far.secondsEach = 0.05
        #expect(await !far.open())
        #expect(far.waitedSeconds >= 0.05)

        var spent = Self.gate(450)
        spent.secondsInAll = 0
        #expect(await !spent.open())
        #expect(spent.waited == 1)
    }

    @Test("What was measured counts if they were near afterwards, or if nobody looked")
    func admits() {
        let gate = Self.gate(0)
        #expect(gate.admits(Self.noise(100)))
        #expect(!gate.admits(Self.noise(100.1)))
        #expect(gate.admits(nil))
    }

    @Test("The machine's own round trip is a time")
    func measured() {
        let roundTrip = MachineNoise.lineRoundTripNanoseconds()
        #expect(roundTrip > 1 && roundTrip < 1e9)
    }
}
