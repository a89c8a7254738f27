import ConcurrencySupport

/// Servers that take a time for each request, one after the other: reckoned, not measured.
///
/// Who asks a server for its next request a little late was woken late by a timer: the request counts as begun when the
/// server was free, so that timers take nothing away from the capacity. A server that is idle for longer than that begins
/// when it is asked.
///
/// By how much such a request may be made earlier is either assumed, or measured: by how much whom the server served last
/// was woken late. What is assumed hides that a server was idle for so long, so that a limit well below the servers there
/// are still keeps them all busy, with shorter round trips: nothing to look for the right limit by.
final class ReckonedServers: Sendable {
    /// Who is done so soon isn't put to sleep: he takes it as an advance on the next.
    private static let shortestSleepNanoseconds: UInt64 = 200_000

    /// Later than that, nobody had anything for the server to do.
    static let longestLatenessNanoseconds: UInt64 = 2_000_000

    enum Lateness {
        /// Up to ``ReckonedServers/longestLatenessNanoseconds``.
        case assumed
        /// That of the one who was served before.
        case measured
    }

    private struct State {
        /// When each is free again.
        var freeNanoseconds: [UInt64]
        /// By how much the last one that each has served was woken late.
        var latenessNanoseconds: [UInt64]
        var working: Int
    }

    private let state: Lock<State>
    private let serviceNanoseconds: UInt64
    private let lateness: Lateness
    private let clock: any NanosecondClock

    init(_ servers: Int, serviceNanoseconds: Int, lateness: Lateness = .assumed, clock: any NanosecondClock) {
        let none = [UInt64](repeating: 0, count: servers)
        state = Lock(State(freeNanoseconds: none, latenessNanoseconds: none, working: servers))
        self.lateness = lateness
        self.serviceNanoseconds = UInt64(serviceNanoseconds)
        self.clock = clock
    }

    /// Serves a request: begins when the first server is free, and returns when it is done.
    func serve() async { _ = await serve(untilNanoseconds: .max) }

    /// The same, but returns at a moment at the latest: whether it was done by then.
    func serve(untilNanoseconds last: UInt64) async -> Bool {
        let (server, end) = reserve(atNanoseconds: clock.nanoseconds())
        let wake = min(end, last)
        if wake > clock.nanoseconds() + Self.shortestSleepNanoseconds {
            try? await clock.sleep(untilNanoseconds: wake)
        }
        guard end <= last else { return false }
        leave(server, end, atNanoseconds: clock.nanoseconds())
        return true
    }

    /// Who serves a request that comes at a moment, and when that is done.
    func reserve(atNanoseconds now: UInt64) -> (server: Int, endNanoseconds: UInt64) {
        state.withLock { state in
            let servers = state.freeNanoseconds[..<state.working]
            let first = servers.indices.min { servers[$0] < servers[$1] } ?? 0
            let free = servers[first]
            let begin: UInt64
            switch lateness {
            case .assumed:
                let isLate = free < now && now - free <= Self.longestLatenessNanoseconds
                begin = isLate ? free : max(now, free)
            case .measured:
                begin = max(free, now - min(now, state.latenessNanoseconds[first]))
            }
            state.latenessNanoseconds[first] = 0
            state.freeNanoseconds[first] = begin + serviceNanoseconds
            return (first, begin + serviceNanoseconds)
        }
    }

    /// Whose service ended is awake.
    func leave(_ server: Int, _ end: UInt64, atNanoseconds now: UInt64) {
        state.withLock { state in
            // Unless somebody else is there already.
            guard state.freeNanoseconds[server] == end else { return }
            state.latenessNanoseconds[server] = now - min(now, end)
        }
    }

    /// How many work from now on, at most as many as there are. What others have begun they finish.
    func setWorking(_ servers: Int, atNanoseconds now: UInt64) {
        state.withLock { state in
            // Who comes back has nothing to do yet.
            for index in state.working..<max(state.working, servers) {
                state.freeNanoseconds[index] = now
                state.latenessNanoseconds[index] = 0
            }
            state.working = servers
        }
    }
}
