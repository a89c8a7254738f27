import BackpressureTesting
import FlowControl
import Testing

@Suite("Limits that adapt", .timeLimit(.minutes(5)))
struct AdaptiveLimitTests {
    private static let halving = [100, 50, 100].map { servers in
        SimulatedServer.Phase(seconds: 12, servers: servers, serviceSeconds: 0.02)
    }

    /// Whether each second from the sixth after a change on is within a tenth of the servers there are; and how many
    /// whole seconds it took until the first of an unbroken row was.
    private func settles(_ seconds: [SimulatedServer.Second], _ name: String) {
        for phase in 0..<(seconds.map(\.phase).max() ?? 0) + 1 {
            let all = seconds.filter { $0.phase == phase }
            let late = all.filter { $0.seconds >= 5 }
            #expect(late.count >= 5)
            #expect(late.allSatisfy { abs($0.deviation) <= 0.1 }, "\(name), phase \(phase): \(all)")
            let unsettled = all.last { abs($0.deviation) > 0.1 }?.seconds
            let settled = unsettled.map { $0 + 1 } ?? 0
            let worst = late.map(\.deviation).max { abs($0) < abs($1) } ?? 0
            // The table in ConcurrencyLimits.md.
            print("| \(name) | \(phase + 1) | \(settled.rounded()) s | \((worst * 1_000).rounded() / 10) % |")
        }
    }

    @Test("AIMD settles within a tenth of the capacity within 5 s of its halving and of its return", arguments: [1, 2])
    func additiveIncrease(seed: UInt64) {
        let server = SimulatedServer(refuses: true, seed: seed)
        settles(server.run(AIMDLimit(initial: 50), Self.halving), "`AIMDLimit`, refusals")
    }

    @Test(
        "Vegas settles within a tenth of the capacity within 5 s of its halving and of its return",
        arguments: [1, 2]
    )
    func vegas(seed: UInt64) {
        settles(SimulatedServer(seed: seed).run(VegasLimit(initial: 50), Self.halving), "`VegasLimit`")
    }

    @Test(
        "Gradient2 settles within a tenth of the capacity within 5 s of its halving and of its return",
        arguments: [1, 2]
    )
    func gradient(seed: UInt64) {
        settles(SimulatedServer(seed: seed).run(Gradient2Limit(initial: 50), Self.halving), "`Gradient2Limit`")
    }

    @Test("Vegas and Gradient2 settle as well where times don't vary", arguments: [0.01, 0.02])
    func fixedTimes(serviceSeconds: Double) {
        let phases = [50, 25, 50].map {
            SimulatedServer.Phase(seconds: 12, servers: $0, serviceSeconds: serviceSeconds)
        }
        let server = SimulatedServer(load: 1.5, times: .fixed, seed: 2)
        let times = "times of \(serviceSeconds) s"
        settles(server.run(VegasLimit(initial: 25), phases), "`VegasLimit`, \(times)")
        settles(server.run(Gradient2Limit(initial: 25), phases), "`Gradient2Limit`, \(times)")
    }

    /// How near limits come to a capacity that stays.
    struct Precision: CustomTestStringConvertible {
        var times: SimulatedServer.Times
        var servers: Int
        /// The most that the mean limit of a second may be off the capacity, as a share of it.
        var largestDeviation: Double

        var testDescription: String { "\(times), \(servers * 50) requests a second" }
    }

    @Test(
        "The more requests a second, and the less their times vary, the nearer Vegas and Gradient2 come to the capacity",
        arguments: [
            Precision(times: .fixed, servers: 50, largestDeviation: 0.1),
            Precision(times: .fixed, servers: 10, largestDeviation: 0.1),
            Precision(times: .even, servers: 50, largestDeviation: 0.1),
            Precision(times: .even, servers: 10, largestDeviation: 0.35),
            Precision(times: .exponential, servers: 50, largestDeviation: 0.2),
            Precision(times: .exponential, servers: 10, largestDeviation: 0.7),
        ]
    )
    func precision(_ wanted: Precision) {
        let phases = [SimulatedServer.Phase(seconds: 35, servers: wanted.servers, serviceSeconds: 0.02)]
        func check(_ algorithm: some ConcurrencyLimitAlgorithm, _ name: String) {
            let deviations = [1, 2].flatMap { (seed: UInt64) in
                SimulatedServer(load: 1.5, times: wanted.times, seed: seed).run(algorithm, phases)
                    .filter { $0.seconds >= 5 }.map(\.deviation)
            }
            let (least, most) = (deviations.min() ?? 1, deviations.max() ?? 1)
            #expect(max(-least, most) <= wanted.largestDeviation, "\(name), \(wanted.testDescription)")
            let mean = deviations.reduce(0, +) / Double(deviations.count)
            // The second table in ConcurrencyLimits.md.
            let figures = [mean, least, most].map { "\(Int(($0 * 100).rounded())) %" }.joined(separator: " | ")
            print("| \(wanted.testDescription) | \(name) | \(figures) |")
        }
        check(VegasLimit(initial: wanted.servers / 2), "`VegasLimit`")
        check(Gradient2Limit(initial: wanted.servers / 2), "`Gradient2Limit`")
    }

    @Test("Under a mild overload that goes on for two minutes no limit grows without bound", arguments: [1.05, 1.2])
    func mildOverload(load: Double) {
        let phases = [SimulatedServer.Phase(seconds: 120, servers: 20, serviceSeconds: 0.02)]
        let server = SimulatedServer(load: load, seed: 3)
        for seconds in [
            server.run(VegasLimit(initial: 15), phases), server.run(Gradient2Limit(initial: 15), phases),
        ] {
            let worst = seconds.map(\.meanLimit).max() ?? .infinity
            #expect(worst <= 30, "\(worst) for 20 servers")
        }
        // The simulation can tell: what takes a moving mean for the round trip without a queue does.
        let drifting = server.run(MovingMeanLimit(), phases)
        #expect((drifting.last?.meanLimit ?? 0) > 40 || load < 1.1, "\(drifting.last?.meanLimit ?? 0)")
    }

    /// As published: the round trip to compare with is a mean over a long time, queueing and all.
    private struct MovingMeanLimit: ConcurrencyLimitAlgorithm {
        let bounds = 1...1_000
        private var exact = 15.0
        private var mean: Double?
        var limit: Int { Int(exact) }

        mutating func sample(_ sample: ConcurrencySample) -> Int {
            let roundTrip = Double(sample.roundTripNanoseconds)
            let mean = self.mean.map { $0 + 2 / 101 * (roundTrip - $0) } ?? roundTrip
            self.mean = mean
            let gradient = max(0.5, min(1, 1.5 * mean / roundTrip))
            exact += 0.2 * (exact * gradient + 4 - exact)
            exact = min(exact, 1_000)
            return limit
        }
    }

    @Test("A service that becomes slower is not taken for one that has less capacity for long")
    func slower() {
        let phases = [0.02, 0.04].map { SimulatedServer.Phase(seconds: 15, servers: 50, serviceSeconds: $0) }
        for seconds in [
            SimulatedServer(load: 3, seed: 1).run(VegasLimit(initial: 25), phases),
            SimulatedServer(load: 3, seed: 1).run(Gradient2Limit(initial: 25), phases),
        ] {
            #expect(abs(seconds.last?.deviation ?? 1) <= 0.1, "\(seconds.suffix(12))")
        }
    }

    @Test("A limit that isn't used, and work that was ignored, teach nothing")
    func unused() {
        let clock = ManualClock()
        let limit = AdaptiveConcurrencyLimit(algorithm: AIMDLimit(initial: 10), clock: clock)
        func work(permits: Int, milliseconds: UInt64, _ outcome: PermitOutcome) {
            for _ in 0..<100 {
                let all = (0..<permits).compactMap { _ in limit.tryAcquirePermit() }
                clock.advance(byNanoseconds: milliseconds * 1_000_000)
                for permit in all { limit.release(permit, outcome) }
            }
        }
        work(permits: 5, milliseconds: 10, .succeeded)
        work(permits: 10, milliseconds: 10, .ignored)
        #expect(limit.limit == 10)
        work(permits: 10, milliseconds: 10, .succeeded)
        #expect(limit.limit > 10)
        let before = limit.limit
        work(permits: 1, milliseconds: 10, .dropped)
        #expect(limit.limit < before, "a drop counts, however much is in use")
        #expect(limit.statistics().inUse == 0)
    }

    @Test("Work in a scope is measured, and its errors say what they were said to say")
    func scopes() async throws {
        struct Overloaded: Error {}
        let clock = ManualClock()
        let limit = AdaptiveConcurrencyLimit(algorithm: AIMDLimit(initial: 10), clock: clock) { error in
            error is Overloaded ? .dropped : .ignored
        }
        for _ in 0..<100 {
            try? await limit.withPermit {
                clock.advance(byNanoseconds: 10_000_000)
                throw CancellationError()
            }
        }
        #expect(limit.limit == 10)
        for _ in 0..<100 {
            try? await limit.withPermit {
                clock.advance(byNanoseconds: 10_000_000)
                throw Overloaded()
            }
        }
        #expect(limit.limit < 10 && limit.statistics().inUse == 0)
        #expect(limit.algorithm.limit == limit.limit)
    }
}
