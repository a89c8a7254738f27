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
    private let trailingPadding = CacheLinePadding()

    private struct Bucket: Sendable {
        var terms: KeyedTerms
        var arrival: UInt64

        mutating func convert(_ conversion: KeyedTerms.Conversion) {
            arrival = conversion.convert(arrival)
            terms.longestDebt = max(terms.longestDebt, conversion.debt(arrival))
        }
    }

    init(_ terms: KeyedTerms) {
        bucket = Lock(Bucket(terms: terms, arrival: 0))
    }

    @usableFromInline
    func tryAcquire(_ permits: UInt64, atNanoseconds now: UInt64) -> Acquisition {
        bucket.withLock { bucket in
            if bucket.terms.areUsedUp(atNanoseconds: now) { bucket.convert(bucket.terms.restart(atNanoseconds: now)) }
            // Another shard may have read the clock later and come first: this one errs towards refusing then. A debt
            // that no bucket can have means that the clock was set back: it counts as an empty bucket from now on.
            let latest = bucket.terms.algebra.units(atNanoseconds: now) + bucket.terms.longestDebt
            if bucket.arrival > latest { bucket.arrival = latest }
            return bucket.terms.algebra.tryAcquire(permits, nowNanoseconds: now, arrival: &bucket.arrival)
        }
    }

    /// The debt of those who share this bucket, as an arrival time in terms that may differ during an update.
    @usableFromInline
    func arrival(in terms: KeyedTerms, atNanoseconds now: UInt64) -> UInt64 {
        let bucket = bucket.withLock { $0 }
        return KeyedTerms.Conversion(from: bucket.terms, to: terms, atNanoseconds: now).convert(bucket.arrival)
    }

    func update(rate: Rate, burst: Int, clock: some NanosecondClock) {
        bucket.withLock { bucket in
            bucket.convert(bucket.terms.update(rate: rate, burst: burst, atNanoseconds: clock.nanoseconds()))
        }
    }
}

/// How many processors this process may use.
func processorCount() -> Int {
    max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}
