import RateLimiters
import Synchronization

/// A limiter for each client, flooded by clients that come once and never again.
struct ClientFloodRun: Sendable {
    let load: ClientFlood
    let make: @Sendable (ClientSetup) -> any ClientLimiting

    /// Requests between two looks at whether it is over.
    private static let batch = 256
    /// The numbers of one caller's clients.
    private static let numberBits: UInt64 = 40

    func run(_ counts: FloodCounts) async -> SystemFlood.Bound {
        let limiter = make(
            ClientSetup(
                rate: .perSecond(load.ratePerSecond),
                burst: load.burst,
                mostClients: load.mostClients,
                callers: load.callers
            )
        )
        await withTaskGroup(of: Void.self) { group in
            for caller in 0..<load.callers {
                group.addTask {
                    var client = UInt64(caller) << Self.numberBits
                    while !counts.isOver.load(ordering: .relaxed) {
                        var granted = 0
                        for _ in 0..<Self.batch {
                            if limiter.tryAcquire(client: client) { granted += 1 }
                            client += 1
                        }
                        counts.offered.add(Self.batch, ordering: .relaxed)
                        counts.accepted.add(granted, ordering: .relaxed)
                        counts.refused.add(Self.batch - granted, ordering: .relaxed)
                        // Nothing comes out of a limiter.
                        counts.taken.add(granted, ordering: .relaxed)
                        await Task.yield()
                    }
                }
            }
        }
        return SystemFlood.Bound(bytes: limiter.mostBytes + SystemFlood.allowance)
    }
}
