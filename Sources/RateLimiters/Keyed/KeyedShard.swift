public import ConcurrencySupport

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// A part of a keyed limiter's keys behind a lock of its own. The table brings padding, so that no two shards' tables
/// share cache lines; nor do the objects.
@usableFromInline
final class KeyedShard<Key: Hashable & Sendable>: Sendable {
    @usableFromInline let leadingPadding = CacheLinePadding()
    @usableFromInline let table: Lock<KeyedTable<Key>>
    @usableFromInline let trailingPadding = CacheLinePadding()

    @usableFromInline
    init(_ table: KeyedTable<Key>) {
        self.table = Lock(table)
    }
}

/// The bucket of all keys that have none of their own.
@usableFromInline
final class KeyedShared: Sendable {
    private let leadingPadding = CacheLinePadding()
    // Taken inside a shard's lock, never the other way round.
    private let bucket: Lock<Bucket>
    private let nanoseconds: @Sendable () -> UInt64
    private let trailingPadding = CacheLinePadding()

    private struct Bucket: Sendable {
        var terms: KeyedTerms
        var arrival: UInt64
        var latestNanoseconds: UInt64 = 0

        /// The time as this bucket has it. As in ``KeyedTable``: behind what it was by no more than a debt can last, be it that the
        /// clock was set back a little or that another shard has read it later and come first, it stands still; behind by more
        /// than that the clock was set back, and the bucket counts as empty from then on.
        ///
        /// - Parameter again: reads the clock now, while nobody else has the bucket. A reading can be older than any debt because
        ///   its thread was held up on the way here.
        mutating func read(_ reading: UInt64, again: () -> UInt64) -> UInt64 {
            let debt = terms.algebra.nanoseconds(forUnits: terms.longestDebt)
            var now = reading
            if now < latestNanoseconds, latestNanoseconds - now > debt { now = again() }
            let isBehind = now < latestNanoseconds
            if isBehind ? latestNanoseconds - now > debt : terms.areUsedUp(atNanoseconds: now) {
                convert(terms.restart(atNanoseconds: now))
                latestNanoseconds = now
            }
            latestNanoseconds = max(latestNanoseconds, now)
            return latestNanoseconds
        }

        mutating func convert(_ conversion: KeyedTerms.Conversion) {
            arrival = conversion.convert(arrival)
            terms.longestDebt = max(terms.longestDebt, conversion.debt(arrival))
        }
    }

    init(_ terms: KeyedTerms, clock: some NanosecondClock) {
        bucket = Lock(Bucket(terms: terms, arrival: 0))
        nanoseconds = { clock.nanoseconds() }
    }

    @usableFromInline
    func tryAcquire(_ permits: UInt64, atNanoseconds reading: UInt64) -> Acquisition {
        bucket.withLock { bucket in
            let now = bucket.read(reading, again: nanoseconds)
            let answer = bucket.terms.algebra.tryAcquire(permits, nowNanoseconds: now, arrival: &bucket.arrival)
            guard now > reading, case .refused(let delay) = answer else { return answer }
            return .refused(retryAfter: .init(nanoseconds: delay.nanoseconds &+ (now &- reading)))
        }
    }

    /// The debt of those who share this bucket, as an arrival time in terms that may differ during an update.
    @usableFromInline
    func arrival(in terms: KeyedTerms, atNanoseconds now: UInt64) -> UInt64 {
        let bucket = bucket.withLock { bucket in
            _ = bucket.read(now, again: nanoseconds)
            return bucket
        }
        return KeyedTerms.Conversion(from: bucket.terms, to: terms, atNanoseconds: now).convert(bucket.arrival)
    }

    func update(rate: Rate, burst: Int) {
        bucket.withLock { bucket in
            let now = bucket.read(nanoseconds(), again: nanoseconds)
            bucket.convert(bucket.terms.update(rate: rate, burst: burst, atNanoseconds: now))
        }
    }
}

/// How many processors this process may use.
func processorCount() -> Int {
    max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}
