import BackpressureTesting
import Testing

@testable import BackpressureBenchmark

@Suite("When a limit has settled")
struct SettlingTests {
    /// A phase of 100 ns, looked at every nanosecond; a fifth of that is the window.
    private func time(_ error: (UInt64) -> Double) -> UInt64? {
        let samples = (0..<300).map { Settling.Sample(nanoseconds: $0, error: error($0)) }
        return Settling.time(samples, from: 100, to: 200)
    }

    @Test("is at once if it was right from the beginning, whatever it was before and after")
    func atOnce() {
        #expect(time { (100..<200).contains($0) ? 0.05 : 3 } == 0)
    }

    @Test("is when the mean of what follows is within a tenth, to either side")
    func mean() {
        // 1 until 130: a window of 20 that begins at 128 has two of those in it, a mean of a tenth.
        #expect(time { $0 < 130 ? 1 : 0 } == 28)
        #expect(time { $0 < 130 ? -1 : 0 } == 28)
        // It may swing around the right value.
        #expect(time { $0.isMultiple(of: 2) ? 0.3 : -0.3 } == 0)
    }

    @Test("is not before it has gone astray for the last time")
    func again() {
        #expect(time { (150..<160).contains($0) ? 1 : 0 } == 58)
    }

    @Test("is never if it is off at the end, or nothing is known")
    func never() {
        #expect(time { $0 >= 190 ? 1 : 0 } == nil)
        #expect(Settling.time([], from: 100, to: 200) == nil)
    }
}

@Suite("Servers that are reckoned")
struct ReckonedServersTests {
    /// Long after the servers were last asked for anything.
    private static let start: UInt64 = 1_000_000_000
    private let clock = ManualClock(nanoseconds: start)

    @Test("serve as many at once as there are, and the others in turn")
    func turns() {
        let servers = ReckonedServers(2, serviceNanoseconds: 10, clock: clock)
        func end(of moment: UInt64) -> UInt64 {
            servers.reserve(atNanoseconds: Self.start + moment).endNanoseconds - Self.start
        }
        #expect((0..<5).map { _ in end(of: 100) } == [110, 110, 120, 120, 130])
        #expect(end(of: 123) == 130, "somebody is late: the server was free at 120")
        let latest = 130 + ReckonedServers.longestLatenessNanoseconds
        #expect(end(of: latest) == 140, "as late as can be")
        #expect(end(of: latest + 1) == latest + 11, "an idle server begins when it is asked")
    }

    @Test("make up for how late the one before was woken, and for nothing else, where that is measured")
    func measured() {
        let servers = ReckonedServers(1, serviceNanoseconds: 10, lateness: .measured, clock: clock)
        func serve(at moment: UInt64, awakeAfter late: UInt64) -> UInt64 {
            let (server, end) = servers.reserve(atNanoseconds: Self.start + moment)
            servers.leave(server, end, atNanoseconds: end + late)
            return end - Self.start
        }
        #expect(serve(at: 100, awakeAfter: 5) == 110)
        #expect(serve(at: 115, awakeAfter: 3) == 120, "it was free at 110, and is asked as soon as it can be")
        #expect(serve(at: 125, awakeAfter: 0) == 132, "it was idle for 2")
        #expect(serve(at: 133, awakeAfter: 0) == 143, "it was idle")
        let (server, end) = servers.reserve(atNanoseconds: Self.start + 143)
        let next = servers.reserve(atNanoseconds: Self.start + 150).endNanoseconds
        servers.leave(server, end, atNanoseconds: end + 100)
        #expect(next - Self.start == 163)
        #expect(serve(at: 170, awakeAfter: 0) == 180, "somebody is late who isn't the last")
    }

    @Test("serve nobody beyond a moment, and say so at once")
    func last() async {
        let servers = ReckonedServers(1, serviceNanoseconds: 10, clock: clock)
        #expect(await servers.serve(untilNanoseconds: Self.start + 10))
        #expect(await !servers.serve(untilNanoseconds: Self.start + 19), "done at 20")
    }

    @Test("are fewer from now on, and more again, without a backlog of the time that they were away")
    func change() {
        let servers = ReckonedServers(4, serviceNanoseconds: 10, clock: clock)
        func end(of moment: UInt64) -> UInt64 {
            servers.reserve(atNanoseconds: Self.start + moment).endNanoseconds - Self.start
        }
        servers.setWorking(2, atNanoseconds: Self.start + 100)
        #expect((0..<4).map { _ in end(of: 100) } == [110, 110, 120, 120])
        servers.setWorking(4, atNanoseconds: Self.start + 115)
        #expect((0..<3).map { _ in end(of: 115) } == [125, 125, 130])
    }
}
