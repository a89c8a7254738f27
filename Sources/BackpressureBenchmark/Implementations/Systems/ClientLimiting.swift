import ConcurrencySupport
public import RateLimiters

/// What the harness asks of a ``ClientLimiting``.
public struct ClientSetup: Sendable {
    /// Of each client.
    public let rate: Rate
    /// Of each client.
    public let burst: Int
    /// The most clients that it is to remember at once.
    public let mostClients: Int
    /// How many ask at once.
    public let callers: Int
}

/// A rate limiter that has a bucket for each client.
public protocol ClientLimiting: Sendable {
    /// Asks for one permit for a client; never waits.
    func tryAcquire(client: UInt64) -> Bool

    /// The most memory that it promises to take, however many clients there are, in bytes.
    var mostBytes: Int { get }
}

/// A bucket for each client that is in debt, as many as there is room for.
struct BoundedClients: ClientLimiting {
    private let limiter: KeyedTokenBucket<UInt64, SystemNanosecondClock>
    let mostBytes: Int

    init(_ setup: ClientSetup) {
        limiter = KeyedTokenBucket(rate: setup.rate, burst: setup.burst, maximumKeys: setup.mostClients)
        let perKey = KeyedTokenBucket<UInt64, SystemNanosecondClock>.largestBytesPerKey
        // The allocator rounds large blocks up, by a quarter at most. A shard that grows has its table twice for a moment.
        let whole = setup.mostClients * perKey * 5 / 4
        let growing = min(setup.callers, limiter.shardCount)
        mostBytes = whole + whole * growing / limiter.shardCount + limiter.shardCount * 2_048
    }

    func tryAcquire(client: UInt64) -> Bool { limiter.tryAcquire(for: client).isGranted }
}

/// What many services have: a bucket for each client that ever came, and nobody who clears up.
final class EveryClient: ClientLimiting {
    private let clock = SystemNanosecondClock()
    private let nanosecondsPerPermit: UInt64
    private let burst: UInt64
    /// When each client's bucket is full again.
    private let fullNanoseconds = Lock([UInt64: UInt64]())
    let mostBytes: Int

    init(_ setup: ClientSetup) {
        nanosecondsPerPermit = max(1, UInt64(1e9 / setup.rate.permitsPerSecond))
        burst = UInt64(setup.burst)
        // It promises what the other one keeps.
        mostBytes = BoundedClients(setup).mostBytes
    }

    func tryAcquire(client: UInt64) -> Bool {
        let now = clock.nanoseconds()
        return fullNanoseconds.withLock { full in
            let after = max(full[client] ?? 0, now) + nanosecondsPerPermit
            guard after - now <= burst * nanosecondsPerPermit else { return false }
            full[client] = after
            return true
        }
    }
}
