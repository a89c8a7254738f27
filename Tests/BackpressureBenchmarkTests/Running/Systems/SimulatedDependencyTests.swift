import BackpressureTesting
import Testing

@testable import BackpressureBenchmark

@Suite("The simulated dependency")
struct SimulatedDependencyTests {
    private let clock = ManualClock(nanoseconds: 1_000)
    private let ledger = ElementLedger(elements: 8)
    private let load = FlappingLoad(
        callers: 2,
        capacity: 8,
        ratePerSecond: 1,
        callNanoseconds: 10,
        failureNanoseconds: 20,
        slowNanoseconds: 40,
        outages: [.down, .slow],
        waitNanoseconds: 50,
        redriveNanoseconds: 10
    )

    /// A run of five phases of 100 ns, after 50 ns of warm-up.
    private var dependency: SimulatedDependency {
        for _ in 0..<8 { ledger.offer() }
        let conditions = SystemConditions(seed: 1, warmupSeconds: 50e-9, durationSeconds: 500e-9, clock: clock)
        return SimulatedDependency(load, conditions, ledger: ledger, arrivals: Array(0..<8), start: 1_000)
    }

    @Test("works, is down, works, is slow, and works for good")
    func phases() {
        let dependency = dependency
        let outages = [0, 149, 150, 249, 250, 349, 350, 449, 450, 9_999].map {
            dependency.outage(atNanoseconds: 1_000 + $0)
        }
        #expect(outages == [nil, nil, .down, .down, nil, nil, .slow, .slow, nil, nil])
        #expect(dependency.outage(atNanoseconds: 0) == nil, "before it all begins")
    }

    @Test("takes its time, counts what was in vain, and delivers what it serves")
    func calls() async throws {
        let dependency = dependency
        /// How long a call takes that is made at a moment of the run, and whether it succeeds.
        func call(_ element: UInt64, at moment: UInt64, takes nanoseconds: UInt64) async -> Bool {
            clock.set(nanoseconds: 1_000 + moment)
            let call = Task { try await dependency.call(element) }
            await clock.waitForSleepers(1)
            clock.advance(byNanoseconds: nanoseconds)
            return (try? await call.value) != nil
        }
        #expect(await call(0, at: 100, takes: 10))
        #expect(await call(1, at: 150, takes: 20) == false)
        #expect(await call(1, at: 260, takes: 10))
        #expect(await call(2, at: 360, takes: 40))
        #expect(await call(3, at: 455, takes: 10))
        let account = ledger.close()
        #expect(account.delivered == 4 && account.surplus == 0)
        var figures = SystemFigures()
        dependency.report(to: &figures)
        #expect(figures[.wastedCalls] == 2)
        #expect(figures[.wastedTimeShare] == 60.0 / (2 * 200))
        #expect(figures[.recovery] == 20, "the first outage ended at 250, and the first call after it at 270")
        #expect(figures.promises.map(\.value) == [2])
    }

    @Test("allows a breaker what it needs to trip and to probe, and no more")
    func allowance() {
        // 3 callers at once with the one who redrives: 20 calls of a window, 3 under way, 100 / 50 + 2 probes.
        #expect(load.mostWastedCalls(inPhaseOf: 100) == 27)
        // 9 callers and 2 who redrive: 3 failures in a row may each be interrupted by every one of the 11.
        var many = load
        many.callers = 9
        #expect(many.mostWastedCalls(inPhaseOf: 100) == 3 * 12 + 11 + 4)
    }
}
