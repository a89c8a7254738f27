public import ConcurrencySupport

/// A token bucket for each key, such as a client or an address, in bounded memory.
///
/// Every key has the same rate and burst, and its own envelope: over *all* windows the permits granted to it in (t, t +
/// T] are at most `burst + rate · T`. A key that was never seen has a full bucket.
///
/// **No debt is forgotten.** At most ``maximumKeys`` keys are remembered. A key is forgotten only to give its place to
/// another, and only when its bucket is full again: forgetting it then changes no decision. So nobody gets a fresh
/// bucket by flooding the limiter with other keys, as with a cache that evicts the least recently used one. If no place
/// can be had that way, the new key is answered by the ``KeyedOverflowPolicy``; those that have a place don't notice.
///
/// - Complexity: O(1) for each request: a reading of the clock, a lock that only the keys of one shard share, and a
///   look-up of the key. Making room is O(1) amortised: keys stand in a queue in the order of the times at which their
///   buckets are full again, kept to 1/127 of the time in which a bucket that is empty fills; so much later than
///   possible may a key be forgotten. A key that spends permits keeps its place in the queue until it is found there,
///   out of date; then it moves back.
/// - Memory: at most ``largestBytesPerKey`` for each key that is remembered, without what the key itself keeps
///   elsewhere (the text of a long `String`), plus 2 KB for each shard: a limiter that is full with a million clients,
///   named by integers, takes some 50 MB. A key takes its place when it comes and no other can be forgotten, and so there
///   are hardly more places than there ever were keys in debt at a time; they are kept.
///
/// There is no `acquire` that waits: a line of waiters for each key couldn't be bounded by the number of keys. Refuse
/// the client and tell it when to come back, which ``Acquisition/refused(retryAfter:)`` says.
///
/// A clock that is set back stands still for all keys until it is past its latest reading again; if it is set back by
/// more than the time in which a bucket fills, buckets count as filling from the new time on instead, those in debt
/// with at most what a full bucket takes.
public final class KeyedTokenBucket<Key: Hashable & Sendable, ClockType: NanosecondClock>: Sendable {
    @usableFromInline let clock: ClockType
    @usableFromInline let shards: [KeyedShard<Key>]
    @usableFromInline let overflow: KeyedShared?
    /// Held during an update, so that all keys end up with the same terms.
    private let updates = Lock<Void>(())

    /// The most keys that are remembered at a time.
    public let maximumKeys: Int
    /// What is answered to a new key when there is no room for it.
    public let whenFull: KeyedOverflowPolicy

    /// How many parts the keys are divided into, each behind a lock of its own.
    public var shardCount: Int { shards.count }

    /// A limiter that remembers no keys yet: every key's bucket is full.
    ///
    /// - Parameters:
    ///   - rate: permits per time, in the long run, for each key.
    ///   - burst: the most permits granted to a key at once; at least 1, else a precondition fails.
    ///   - maximumKeys: the most keys that are remembered at a time, from 1 to 2^31. The places are divided among the
    ///     shards, so that one shard may be full a little before the others are (by some √n of its n places, keys being
    ///     spread by their hashes).
    ///   - whenFull: what is answered to a new key when there is no room for it.
    ///   - shards: how many parts the keys are divided into; rounded up to a power of two, and down again so that each
    ///     has a place. `nil`: four for each processor, but no fewer than 64 places each.
    ///   - clock: where time is read, on every request.
    public init(
        rate: Rate,
        burst: Int,
        maximumKeys: Int,
        whenFull: KeyedOverflowPolicy = .refuse,
        shards: Int? = nil,
        clock: ClockType
    ) {
        precondition(
            (1...1 << 31).contains(maximumKeys),
            "a limiter remembers from 1 to 2^31 keys; \(maximumKeys) were asked for"
        )
        precondition(shards ?? 1 >= 1, "keys can't be divided into \(shards ?? 0) shards")
        let count = Self.shardCount(asked: shards, maximumKeys: maximumKeys)
        let origin = clock.nanoseconds()
        let terms = KeyedTerms(rate: rate, burst: burst, originNanoseconds: origin)
        self.clock = clock
        self.maximumKeys = maximumKeys
        self.whenFull = whenFull
        self.shards = (0..<count).map { index in
            // The remainder goes to the first shards, one place each.
            let places = maximumKeys / count + (index < maximumKeys % count ? 1 : 0)
            return KeyedShard(KeyedTable(terms: terms, maximumKeys: places, nowNanoseconds: origin))
        }
        overflow = whenFull.kind == .share ? KeyedShared(terms, clock: clock) : nil
    }

    /// Asks for permits for a key now; never waits. O(1) amortised.
    ///
    /// - Parameters:
    ///   - permits: at least 1, else a precondition fails.
    ///   - key: whom they are for.
    /// - Returns: a refusal says when the same request would pass if nobody else came; see
    ///   ``KeyedOverflowPolicy/refuse`` for a key without a place.
    @inlinable
    public func tryAcquire(_ permits: Int = 1, for key: Key) -> Acquisition {
        precondition(permits > 0, "a request must be for at least one permit")
        // Dictionaries hash with a seed of their own, so which shard a key is in says nothing about its place there.
        let shard = shards[key.hashValue & (shards.count &- 1)]
        return shard.table.withLock { table in
            // Inside the lock, so that decisions are made in the order of their times.
            table.tryAcquire(UInt64(permits), for: key, atNanoseconds: clock.nanoseconds(), overflow: overflow)
        }
    }

    /// Changes rate and burst of all keys. O(keys), each shard being locked for its part.
    ///
    /// What was granted stays spent: debts stay as they are, in permits, and a full bucket stays full; so no window
    /// ever holds more than the larger of the two envelopes. Requests during the update see the old or the new terms,
    /// those after it the new ones.
    ///
    /// - Parameters:
    ///   - rate: permits per time from now on, in the long run, for each key.
    ///   - burst: the most permits granted to a key at once from now on; at least 1, else a precondition fails.
    public func update(rate: Rate, burst: Int) {
        updates.withLock { _ in
            for shard in shards {
                shard.table.withLock { table in
                    table.update(rate: rate, burst: burst, atNanoseconds: clock.nanoseconds())
                }
            }
            overflow?.update(rate: rate, burst: burst)
        }
    }

    /// What the limiter has done so far. O(shards).
    public func statistics() -> KeyedStatistics {
        var sum = KeyedStatistics()
        for shard in shards {
            let (counts, keys) = shard.table.withLock { ($0.counts, $0.keys.count) }
            sum.add(counts, keys: keys)
        }
        return sum
    }

    /// The most memory that is asked for each key in a limiter that is full, in bytes: 53 for an integer of 64 bits, 82
    /// for a `String`. An allocator may round that up.
    ///
    /// What the standard library's dictionary takes depends on how the number of keys in a shard falls between two
    /// powers of two.
    public static var largestBytesPerKey: Int { KeyedTable<Key>.largestBytesPerKey }

    private static func shardCount(asked: Int?, maximumKeys: Int) -> Int {
        let wanted = asked ?? min(4 * processorCount(), max(1, maximumKeys / 64))
        let most = powerOfTwo(notAbove: maximumKeys)
        var count = 1
        while count < wanted, count < most { count *= 2 }
        return asked == nil ? min(count, powerOfTwo(notAbove: max(1, maximumKeys / 64))) : count
    }

    private static func powerOfTwo(notAbove number: Int) -> Int {
        1 << (Int.bitWidth - 1 - number.leadingZeroBitCount)
    }
}

extension KeyedTokenBucket where ClockType == SystemNanosecondClock {
    /// A limiter on the machine's monotonic clock that remembers no keys yet: every key's bucket is full.
    ///
    /// See ``init(rate:burst:maximumKeys:whenFull:shards:clock:)``.
    public convenience init(
        rate: Rate,
        burst: Int,
        maximumKeys: Int,
        whenFull: KeyedOverflowPolicy = .refuse,
        shards: Int? = nil
    ) {
        self.init(
            rate: rate,
            burst: burst,
            maximumKeys: maximumKeys,
            whenFull: whenFull,
            shards: shards,
            clock: SystemNanosecondClock()
        )
    }
}
