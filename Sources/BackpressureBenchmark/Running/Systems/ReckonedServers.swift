import ConcurrencySupport

/// Servers that take a time for each request, one after the other: reckoned, not measured.
///
/// Who asks a server for its next request a little late was woken late by a timer: the request counts as begun when the
/// server was free, so that timers take nothing away from the capacity. A server that is idle for longer than that begins
/// when it is asked.
final class ReckonedServers: Sendable {
    /// Who is done so soon isn't put to sleep: he takes it as an advance on the next.
    private static let shortestSleepNanoseconds: UInt64 = 200_000

    /// Until somebody looks whether all is over.
    private static let longestSleepNanoseconds: UInt64 = 100_000_000

    /// Later than that, nobody had anything for the server to do.
    static let longestLatenessNanoseconds: UInt64 = 2_000_000

    private struct State {
        /// When each is free again.
        var freeNanoseconds: [UInt64]
        var working: Int
    }

    private let state: Lock<State>
    private let serviceNanoseconds: UInt64
    private let clock: any NanosecondClock

    init(_ servers: Int, serviceNanoseconds: Int, clock: any NanosecondClock) {
        state = Lock(State(freeNanoseconds: Array(repeating: 0, count: servers), working: servers))
        self.serviceNanoseconds = UInt64(serviceNanoseconds)
        self.clock = clock
    }

    /// Serves a request: begins when the first server is free, and returns when it is done.
    func serve() async {
        let end = reserve(atNanoseconds: clock.nanoseconds())
        if end > clock.nanoseconds() + Self.shortestSleepNanoseconds {
            try? await clock.sleep(untilNanoseconds: end)
        }
    }

    /// The same, but returns soon when all is over.
    func serve(unless isOver: @Sendable () -> Bool) async {
        let end = reserve(atNanoseconds: clock.nanoseconds())
        while !isOver() {
            let now = clock.nanoseconds()
            guard end > now + Self.shortestSleepNanoseconds else { return }
            try? await clock.sleep(untilNanoseconds: min(end, now + Self.longestSleepNanoseconds))
        }
    }

    /// When a request that comes at a moment is done.
    func reserve(atNanoseconds now: UInt64) -> UInt64 {
        state.withLock { state in
            let servers = state.freeNanoseconds[..<state.working]
            let first = servers.indices.min { servers[$0] < servers[$1] } ?? 0
            let free = servers[first]
            let isLate = free < now && now - free <= Self.longestLatenessNanoseconds
            let end = (isLate ? free : max(now, free)) + serviceNanoseconds
            state.freeNanoseconds[first] = end
            return end
        }
    }

    /// How many work from now on, at most as many as there are. What others have begun they finish.
    func setWorking(_ servers: Int, atNanoseconds now: UInt64) {
        state.withLock { state in
            // Who comes back has nothing to do yet.
            for index in state.working..<max(state.working, servers) { state.freeNanoseconds[index] = now }
            state.working = servers
        }
    }
}
