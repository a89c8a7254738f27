import Testing

@testable import BackpressureBenchmark

@Suite("Schedules of arrivals")
struct ArrivalScheduleTests {
    private func schedule(
        _ arrival: Arrival,
        duration: Double = 1,
        producers: Int = 1,
        seed: UInt64 = 1
    ) throws -> ArrivalSchedule {
        try #require(try ArrivalSchedule(arrival, durationSeconds: duration, producers: producers, seed: seed))
    }

    private static let traced = Arrival.trace(path: "", speedup: 10, requestsPerSecond: [5, 0, 7, 1_000, 1, 0, 3])
    private static let openLoop: [Arrival] = [
        .constant(ratePerSecond: 30_000), .poisson(ratePerSecond: 30_000),
        .onOff(ratePerSecond: 30_000, onSeconds: 0.013, offSeconds: 0.029), traced,
    ]

    @Test("closed-loop and alternating arrivals have none")
    func none() throws {
        for arrival in [Arrival.closedLoop, .alternating, .roundTrip, .idle] {
            #expect(try ArrivalSchedule(arrival, durationSeconds: 1, producers: 1, seed: 1) == nil)
            #expect(ArrivalSchedule.expectedArrivals(arrival, durationSeconds: 1) == nil)
        }
    }

    @Test("are sorted, end before the run does and are dealt out evenly", arguments: openLoop, [1, 2, 3, 7])
    func sortedAndEven(arrival: Arrival, producers: Int) throws {
        let schedule = try schedule(arrival, duration: 0.5, producers: producers)
        #expect(schedule.startNanoseconds.count == producers)
        for starts in schedule.startNanoseconds {
            #expect(starts == starts.sorted())
            #expect((starts.last ?? 0) < 500_000_000)
        }
        let counts = schedule.startNanoseconds.map(\.count)
        #expect(counts == counts.sorted(by: >))
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
        #expect(schedule.count == counts.reduce(0, +))
    }

    @Test("hold the same arrivals however many producers there are", arguments: openLoop)
    func producers(arrival: Arrival) throws {
        let one = try schedule(arrival).startNanoseconds[0]
        let three = try schedule(arrival, producers: 3).startNanoseconds
        #expect(one.indices.map { three[$0 % 3][$0 / 3] } == one)
    }

    @Test("follow from the seed", arguments: openLoop)
    func seeds(arrival: Arrival) throws {
        #expect(try schedule(arrival, seed: 7) == schedule(arrival, seed: 7))
        switch arrival {
        case .poisson, .trace: #expect(try schedule(arrival, seed: 7) != schedule(arrival, seed: 8))
        default: #expect(try schedule(arrival, seed: 7) == schedule(arrival, seed: 8))
        }
    }

    @Test("at a constant rate are evenly spaced")
    func constant() throws {
        let starts = try schedule(.constant(ratePerSecond: 4), producers: 2).startNanoseconds
        #expect(starts == [[0, 500_000_000], [250_000_000, 750_000_000]])
        #expect(try schedule(.constant(ratePerSecond: 3)).startNanoseconds == [[0, 333_333_333, 666_666_666]])
        #expect(try schedule(.constant(ratePerSecond: 100_000), duration: 2).count == 200_000)
        #expect(try schedule(.constant(ratePerSecond: 0.001)).startNanoseconds == [[0]])
        #expect(try schedule(.constant(ratePerSecond: 1e9), duration: 0.0001).count == 100_000)
    }

    @Test("in phases keep the rate while on and are silent while off")
    func onOff() throws {
        let (rate, on, off) = (200_000.0, 0.02, 0.08)
        let starts = try schedule(.onOff(ratePerSecond: rate, onSeconds: on, offSeconds: off)).startNanoseconds[0]
        #expect(starts.count == 40_000)
        let cycle: UInt64 = 100_000_000
        #expect(starts.allSatisfy { $0 % cycle < 20_000_000 })
        for index in 0..<10 {
            let inCycle = starts.filter { $0 / cycle == UInt64(index) }
            #expect(inCycle.count == 4_000)
            #expect(inCycle.first == UInt64(index) * cycle)
        }
    }

    @Test("in phases that no arrival fits keep the rate over many of them")
    func shortPhases() throws {
        let arrival = Arrival.onOff(ratePerSecond: 700, onSeconds: 0.001, offSeconds: 0.003)
        let starts = try schedule(arrival, duration: 4).startNanoseconds[0]
        #expect(starts.count == 700)
        #expect(starts.allSatisfy { $0 % 4_000_000 < 1_000_000 })
    }

    @Test("at random have Poisson's mean and variance in every window", arguments: [1, 2, 3] as [UInt64])
    func poisson(seed: UInt64) throws {
        let rate = 50_000.0
        let random = try schedule(.poisson(ratePerSecond: rate), duration: 4, seed: seed).startNanoseconds[0]
        #expect(isPoisson(random, rate: rate, seconds: 4))
        #expect(Set(random).count > random.count * 9 / 10)
    }

    @Test("of other kinds fail that test")
    func notPoisson() throws {
        let rate = 50_000.0
        let even = try schedule(.constant(ratePerSecond: rate), duration: 4).startNanoseconds[0]
        #expect(!isPoisson(even, rate: rate, seconds: 4))
        let phases = Arrival.onOff(ratePerSecond: 2 * rate, onSeconds: 0.0007, offSeconds: 0.0007)
        #expect(!isPoisson(try schedule(phases, duration: 4).startNanoseconds[0], rate: rate, seconds: 4))
        let faster = try schedule(.poisson(ratePerSecond: 1.02 * rate), duration: 4).startNanoseconds[0]
        #expect(!isPoisson(faster, rate: rate, seconds: 4))
        // A Poisson number of arrivals, all at the start of their slice.
        let random = try schedule(.poisson(ratePerSecond: rate), duration: 4).startNanoseconds[0]
        #expect(!isPoisson(random.map { $0 / 160_000 * 160_000 }, rate: rate, seconds: 4))
    }

    /// Whether counts in windows of 1 ms and gaps are as a Poisson process has them, within 4 standard errors.
    private func isPoisson(_ starts: [UInt64], rate: Double, seconds: Int) -> Bool {
        let windows = seconds * 1_000
        var counts = Array(repeating: 0.0, count: windows)
        for start in starts { counts[Int(start / 1_000_000)] += 1 }
        let expected = rate / 1_000
        let mean = counts.reduce(0, +) / Double(windows)
        let variance = counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(windows - 1)
        let meanError = (expected / Double(windows)).squareRoot()
        let varianceError = ((expected + 2 * expected * expected) / Double(windows)).squareRoot()
        // Gaps above the mean gap are a share 1/e of all.
        let gaps = zip(starts, starts.dropFirst()).map { $1 - $0 }
        let share = Double(gaps.count { Double($0) > 1e9 / rate }) / Double(gaps.count)
        let expectedShare = 0.367_879
        let shareError = (expectedShare * (1 - expectedShare) / Double(gaps.count)).squareRoot()
        return abs(mean - expected) < 4 * meanError && abs(variance - expected) < 4 * varianceError
            && abs(share - expectedShare) < 4 * shareError
    }

    @Test("that replay a trace keep its requests in each second", arguments: [0.5, 1, 3.7, 86_400, 1e8])
    func replay(speedup: Double) throws {
        let requests: [UInt32] = [5, 0, 7, 1_000, 1, 0, 3]
        let starts = try schedule(
            .trace(path: "", speedup: speedup, requestsPerSecond: requests),
            duration: Double(requests.count) / speedup,
            producers: 1
        ).startNanoseconds[0]
        #expect(counts(starts, speedup: speedup, seconds: requests.count) == requests)
    }

    @Test("that replay a day at its fitted speed-up keep its requests in each second")
    func replayDay() async throws {
        let day = try await TraceReader.read(path: Files.day)
        let arrival = Arrival.trace(path: "", speedup: 86_400, requestsPerSecond: day.requestsPerSecond)
        let starts = try schedule(arrival, producers: 1).startNanoseconds[0]
        #expect(counts(starts, speedup: 86_400, seconds: 86_400) == day.requestsPerSecond)
    }

    private func counts(_ starts: [UInt64], speedup: Double, seconds: Int) -> [UInt32] {
        var counts = Array(repeating: 0 as UInt32, count: seconds)
        for start in starts { counts[Int(Double(start) * speedup / 1e9)] += 1 }
        return counts
    }

    @Test("that replay a trace are cut where the run ends, and end where the trace does")
    func cut() throws {
        let arrival = Arrival.trace(path: "", speedup: 10, requestsPerSecond: [4, 4, 10_000, 4])
        let cut = try schedule(arrival, duration: 0.25).startNanoseconds[0]
        // Half of the third second, within 4 standard errors.
        #expect(abs(cut.count - 5_008) < 200)
        #expect((cut.last ?? 0) < 250_000_000)
        #expect(try schedule(arrival, duration: 0.2).count == 8)
        #expect(try schedule(arrival, duration: 5).count == 10_012)
    }

    @Test("that replay a trace spread the requests of a second over all of it")
    func uniform() throws {
        let arrival = Arrival.trace(path: "", speedup: 1, requestsPerSecond: [100_000])
        let starts = try schedule(arrival).startNanoseconds[0]
        var tenths = Array(repeating: 0.0, count: 10)
        for start in starts { tenths[Int(start / 100_000_000)] += 1 }
        #expect(tenths.allSatisfy { abs($0 - 10_000) < 400 })
    }

    @Test("of more than fifty million arrivals are refused before they are made")
    func tooMany() {
        let floods: [Arrival] = [
            .constant(ratePerSecond: 1e9), .poisson(ratePerSecond: 5.1e7),
            .onOff(ratePerSecond: 1.1e8, onSeconds: 0.1, offSeconds: 0.1),
            .trace(path: "", speedup: 1, requestsPerSecond: [.max]),
        ]
        for flood in floods {
            let error = #expect(throws: ArrivalScheduleError.self) {
                _ = try ArrivalSchedule(flood, durationSeconds: 1, producers: 1, seed: 1)
            }
            #expect(error?.description.contains("are more than the 50000000 that a schedule may hold") == true)
        }
    }

    @Test("of an endless or no duration don't trap")
    func extremes() throws {
        #expect(try schedule(.poisson(ratePerSecond: 1_000), duration: 0).count == 0)
        #expect(try schedule(.constant(ratePerSecond: 0.0001), duration: 3_600).count == 1)
        #expect(try schedule(.constant(ratePerSecond: 1_000), producers: 1_024).startNanoseconds.count == 1_024)
        let slow = Arrival.trace(path: "", speedup: 0.0001, requestsPerSecond: Array(repeating: 1, count: 604_800))
        #expect(try schedule(slow, duration: 3_600).count <= 1)
    }
}
