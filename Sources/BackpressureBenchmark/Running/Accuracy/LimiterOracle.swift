import BackpressureTesting
import DequeModule
import RateLimiters

/// An exact limiter of the kind that is measured: says of every request whether it should be granted.
struct LimiterOracle: Sendable {
    // One of the two; optionals and no enumeration, so that they are changed in place.
    private var bucket: TokenBucketOracle?
    private var window: WindowOracle?

    /// A limiter that has granted nothing yet. Where the envelope leaves a choice, it counts grants for as short as it may.
    init(_ envelope: GrantEnvelope) {
        if let length = envelope.window?.shortest {
            window = WindowOracle(limit: UInt64(envelope.burst), lengthNanoseconds: length)
        } else {
            bucket = TokenBucketOracle(
                permits: envelope.rate.permits,
                perNanoseconds: envelope.rate.perNanoseconds,
                burst: UInt64(envelope.burst)
            )
        }
    }

    var latestNanoseconds: UInt64 { bucket?.latestNanoseconds ?? window?.latestNanoseconds ?? 0 }

    mutating func tryAcquire(_ permits: UInt64, atNanoseconds now: UInt64) -> Bool {
        bucket?.tryAcquire(permits, atNanoseconds: now) ?? window?.tryAcquire(permits, atNanoseconds: now) ?? false
    }

    /// The earliest time at which so many permits would be granted if nothing else is taken before; `nil`: never.
    func earliestGrant(of permits: UInt64) -> UInt64? {
        if let bucket { return bucket.earliestGrant(of: permits) }
        return window?.earliestGrant(of: permits)
    }

    /// Makes `count` requests of `permits` each, evenly spaced over `[start, end]` with one at each end, and says how many
    /// were granted. O(granted): requests that are refused cost nothing.
    mutating func acquireRepeatedly(
        _ permits: UInt64 = 1,
        count: Int,
        fromNanoseconds start: UInt64,
        toNanoseconds end: UInt64
    ) -> Int {
        guard count > 0 else { return 0 }
        let span = count > 1 && end > start ? UInt128(end - start) : 0
        let gaps = UInt128(max(1, count - 1))
        func time(_ index: Int) -> UInt64 { start + UInt64(UInt128(index) * span / gaps) }
        func first(from index: Int, atOrAfter time: UInt64) -> Int? {
            guard time > start else { return index }
            let offset = UInt128(time - start)
            return offset <= span ? max(index, Int((offset * gaps + span - 1) / max(1, span))) : nil
        }
        var granted = 0
        var next = 0
        while next < count, let due = earliestGrant(of: permits) {
            // A permit that is already there goes to the next request, even to one that lies before the latest time.
            guard let index = due > latestNanoseconds ? first(from: next, atOrAfter: due) : next, index < count else {
                break
            }
            guard tryAcquire(permits, atNanoseconds: time(index)) else { break }
            granted += 1
            next = index + 1
        }
        // Time has passed, whatever was granted.
        _ = tryAcquire(0, atNanoseconds: time(count - 1))
        return granted
    }
}

/// At most `limit` permits in every window of a length, to the nanosecond: a grant at t counts until just before t +
/// length. A time earlier than one already seen is read as that one.
struct WindowOracle: Sendable {
    let limit: UInt64
    let lengthNanoseconds: UInt64
    private(set) var latestNanoseconds: UInt64 = 0
    private var grants = GrantLog()

    init(limit: UInt64, lengthNanoseconds: UInt64) {
        self.limit = limit
        self.lengthNanoseconds = lengthNanoseconds
    }

    mutating func tryAcquire(_ permits: UInt64, atNanoseconds now: UInt64) -> Bool {
        latestNanoseconds = max(latestNanoseconds, now)
        grants.forget(olderThan: lengthNanoseconds, at: latestNanoseconds)
        guard permits <= limit, grants.permits <= limit - permits else { return false }
        if permits > 0 { grants.append(permits, at: latestNanoseconds) }
        return true
    }

    func earliestGrant(of permits: UInt64) -> UInt64? {
        guard permits <= limit else { return nil }
        var left = grants.permits
        if left <= limit - permits { return latestNanoseconds }
        for grant in grants.entries {
            left -= grant.permits
            if left <= limit - permits { return max(latestNanoseconds, grant.nanoseconds + lengthNanoseconds) }
        }
        return nil
    }
}

/// What was granted lately, oldest first; grants of one instant are one entry.
struct GrantLog: Sendable {
    private(set) var entries = Deque<(nanoseconds: UInt64, permits: UInt64)>()
    /// Of all entries together.
    private(set) var permits: UInt64 = 0

    mutating func append(_ permits: UInt64, at now: UInt64) {
        self.permits += permits
        if let last = entries.last, last.nanoseconds == now {
            entries[entries.count - 1].permits += permits
        } else {
            entries.append((now, permits))
        }
    }

    /// Forgets what was granted `length` or longer before `now`.
    mutating func forget(olderThan length: UInt64, at now: UInt64) {
        while let first = entries.first, now >= first.nanoseconds, now - first.nanoseconds >= length {
            permits -= first.permits
            entries.removeFirst()
        }
    }
}
