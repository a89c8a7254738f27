import BackpressureTesting
import FlowControl
import Testing

@Suite("Watermark states")
struct WatermarkMachineTests {
    @Test("States begin at 50, 80 and 100 %, and end below them by more than the hysteresis")
    func states() {
        var machine = WatermarkMachine(Watermarks(hysteresis: 0.05))
        func state(_ depth: Int) -> WatermarkState {
            machine.update(depth: depth, capacity: 100)
            return machine.state
        }
        #expect(
            [49, 50, 79, 80, 99, 100].map(state) == [.normal, .elevated, .elevated, .critical, .critical, .blocked]
        )
        #expect(
            [95, 94, 75, 74, 45, 44].map(state) == [.blocked, .critical, .critical, .elevated, .elevated, .normal]
        )
        #expect([100, 0].map(state) == [.blocked, .normal])
    }

    @Test("Draining is left for drained alone, drained never")
    func draining() {
        var machine = WatermarkMachine()
        machine.beginDraining()
        for depth in [0, 50, 100] { machine.update(depth: depth, capacity: 100) }
        #expect(machine.state == .draining)
        machine.finishDraining()
        machine.beginDraining()
        machine.update(depth: 0, capacity: 100)
        #expect(machine.state == .drained)
    }

    private static let settings: [(Watermarks, Int)] = [
        (Watermarks(), 100), (Watermarks(), 1), (Watermarks(), 7),
        (Watermarks(elevated: 0.3, critical: 0.9, hysteresis: 0.25), 64),
        (Watermarks(elevated: 0.5, critical: 0.8, hysteresis: 0), 20),
        (Watermarks(elevated: 0.6, critical: 0.7, hysteresis: 0.5), 50),
    ]

    @Test("Random events keep every promise", arguments: settings.indices)
    func model(index: Int) {
        let (watermarks, capacity) = Self.settings[index]
        let check = WatermarkCheck(watermarks: watermarks, capacity: capacity)
        for seed in 0..<200 as Range<UInt64> {
            let failure = check.run(seed: seed) { WatermarkMachine(watermarks) }
            #expect(failure == nil, "\(failure.map { "\($0)" } ?? "")")
        }
    }

    /// Machines that break one promise each.
    private struct Faulty: WatermarkDeciding {
        enum Fault: CaseIterable {
            case drainingIsLeft, drainedIsLeft, noHysteresis, lateByOne, neverDown, drainingIgnored
        }

        let fault: Fault
        var machine = WatermarkMachine(Watermarks())
        var override: WatermarkState?

        var state: WatermarkState { override ?? machine.state }

        mutating func update(depth: Int, capacity: Int) {
            switch fault {
            case .drainingIsLeft where machine.state == .draining, .drainedIsLeft where machine.state == .drained:
                machine = WatermarkMachine(Watermarks())
                machine.update(depth: depth, capacity: capacity)
            case .noHysteresis where machine.state < .draining:
                machine = WatermarkMachine(Watermarks())
                machine.update(depth: depth, capacity: capacity)
            case .lateByOne:
                machine.update(depth: depth - 1, capacity: capacity)
            case .neverDown:
                let before = machine
                machine.update(depth: depth, capacity: capacity)
                if machine.state < before.state { machine = before }
            default:
                machine.update(depth: depth, capacity: capacity)
            }
        }

        mutating func beginDraining() { if fault != .drainingIgnored { machine.beginDraining() } }
        mutating func finishDraining() { machine.finishDraining() }
    }

    @Test("Each broken promise is found, by a sequence of few events", arguments: Faulty.Fault.allCases)
    private func mutants(fault: Faulty.Fault) throws {
        let check = WatermarkCheck(capacity: 100)
        let failure = (0..<200 as Range<UInt64>).lazy.compactMap { seed in
            check.run(seed: seed) { Faulty(fault: fault) }
        }.first
        let found = try #require(failure, "\(fault) survives")
        #expect(found.events.count <= 3, "\(found)")
        #expect(check.failure(found.events) { WatermarkMachine() } == nil)
    }
}

@Suite("Pace of flushes")
struct FlushPacingTests {
    private let milli: UInt64 = 1_000_000

    @Test("A slow flush makes the next rarer and smaller, a fast one sooner and larger; in between nothing changes")
    func rules() {
        var pacing = FlushPacing(target: .milliseconds(100), interval: .milliseconds(100), batch: 100)
        pacing.record(latencyNanoseconds: 150 * milli)
        pacing.record(latencyNanoseconds: 50 * milli)
        #expect(pacing.intervalNanoseconds == 100 * milli)
        #expect(pacing.batchSize == 100)
        pacing.record(latencyNanoseconds: 150 * milli + 1)
        #expect(pacing.intervalNanoseconds == 150 * milli)
        #expect(pacing.batchSize == 80)
        pacing.record(latencyNanoseconds: 50 * milli - 1)
        #expect(pacing.intervalNanoseconds == 120 * milli)
        #expect(pacing.batchSize == 96)
    }

    @Test("Neither leaves its bounds, and small batches grow and shrink too")
    func bounds() {
        var pacing = FlushPacing(intervals: .milliseconds(10)...(.seconds(1)), batch: 5, batches: 1...9)
        for _ in 0..<100 { pacing.record(latencyNanoseconds: 0) }
        #expect(pacing.intervalNanoseconds == 10 * milli)
        #expect(pacing.batchSize == 9)
        for _ in 0..<100 { pacing.record(latencyNanoseconds: .max) }
        #expect(pacing.intervalNanoseconds == 1_000 * milli)
        #expect(pacing.batchSize == 1)
        pacing.record(latencyNanoseconds: 0)
        #expect(pacing.batchSize == 2)
    }

    @Test("What is fixed stays")
    func fixed() {
        var pacing = FlushPacing.fixed(interval: .milliseconds(3), batch: 7)
        for latency in [0, UInt64.max] { pacing.record(latencyNanoseconds: latency) }
        #expect(pacing.intervalNanoseconds == 3 * milli)
        #expect(pacing.batchSize == 7)
    }

    @Test("Waits double up to their bound, less a random share that the seed decides")
    func backoff() {
        let plain = RetryBackoff(first: .milliseconds(10), longest: .milliseconds(75), jitter: 0)
        var generator = SeededGenerator(seed: 1)
        let waits = (1...5).map { plain.delayNanoseconds(afterAttempt: $0, using: &generator) / milli }
        #expect(waits == [10, 20, 40, 75, 75])
        let random = RetryBackoff(first: .milliseconds(10), longest: .seconds(1), jitter: 0.5)
        for attempt in 1...80 {
            let bound = plain.firstNanoseconds << UInt64(min(attempt - 1, 20))
            let wait = random.delayNanoseconds(afterAttempt: attempt, using: &generator)
            let longest = min(bound, 1_000 * milli)
            #expect((longest / 2...longest).contains(wait))
        }
    }
}
