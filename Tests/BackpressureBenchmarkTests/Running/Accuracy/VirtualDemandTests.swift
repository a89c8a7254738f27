import Testing

@testable import BackpressureBenchmark

@Suite("Demand on virtual time")
struct VirtualDemandTests {
    private func requests(_ load: LimiterLoad, burst: Int = 10, seed: UInt64 = 1) -> [VirtualDemand.Request] {
        var demand = VirtualDemand(load: load, burst: burst, seed: seed)
        return (0..<2_000).map { _ in demand.next() }
    }

    private func load(_ demand: LimiterLoad.Demand) -> LimiterLoad {
        var load = Samples.limiterLoad
        load.demand = demand
        return load
    }

    @Test("is the same for the same seed and another for another")
    func seeds() {
        let times = [1, 1, 2].map { requests(Samples.limiterLoad, seed: $0).map(\.nanoseconds) }
        #expect(times[0] == times[1])
        #expect(times[0] != times[2])
    }

    @Test("never goes back, asks for no more than the burst, and asks for several now and then")
    func bounds() {
        let requests = requests(Samples.limiterLoad)
        #expect(zip(requests, requests.dropFirst()).allSatisfy { $0.nanoseconds <= $1.nanoseconds })
        #expect(requests.allSatisfy { (1...10).contains($0.permits) })
        #expect(requests.contains { $0.permits > 1 } && requests.count { $0.permits == 1 } > 1_000)
        #expect(requests.contains(where: \.isAtEdge) && requests.contains { !$0.isAtEdge })
        #expect(self.requests(Samples.limiterLoad, burst: 1).allSatisfy { $0.permits == 1 }, "a pacer has but one")
    }

    @Test("is for any number of permits where it is mixed")
    func mixed() {
        let requests = requests(load(.mixed), burst: 50)
        #expect(Set(requests.map(\.permits)).isSuperset(of: [1, 2, 25, 49, 50]))
        #expect(requests.allSatisfy { (1...50).contains($0.permits) })
    }

    @Test("rests when it should")
    func rests() {
        var demand = VirtualDemand(load: load(.onOff(onSeconds: 0.005, offSeconds: 0.0213)), burst: 10, seed: 1)
        let cycle: UInt64 = 26_300_000
        var last: UInt64 = 0
        for _ in 0..<2_000 {
            last = demand.next().nanoseconds
            #expect(last % cycle < 5_000_000)
        }
        #expect(last > 2 * cycle)
        let spellEnd = last / cycle * cycle + 5_000_000
        // Neither into a rest nor over one.
        let skipped = [spellEnd, last + cycle, last].map { moment in demand.skip(to: moment) }
        #expect(skipped == [false, false, true])
    }

    @Test("replays a trace second by second, again and again")
    func trace() {
        let requests = requests(load(.trace(path: "x", speedup: 2, requestsPerSecond: [3, 0, 1])))
        // Two seconds of the trace are one of the replay: 1.5 s for all of it.
        let halves = requests.prefix(8).map { $0.nanoseconds / 500_000_000 }
        #expect(halves == [0, 0, 0, 2, 3, 3, 3, 5])
        #expect(zip(requests, requests.dropFirst()).allSatisfy { $0.nanoseconds <= $1.nanoseconds })
    }
}
