import BackpressureTesting
import ConcurrencySupport
import RateLimiters

/// A limiter with a bucket for each key that has one of the mistakes that such limiters have; not for threads.
final class FaultyKeyedLimiter: KeyedSubject, Sendable {
    enum Defect: CaseIterable {
        /// The usual cache: whoever was away longest is forgotten, in debt or not.
        case evictsLeastRecentlyUsed
        /// Forgets as soon as there is one permit again.
        case forgetsTooSoon
        /// Never forgets anyone.
        case neverForgets
        /// Tells a key without a place to come back when it would have permits itself.
        case wrongRetry
        /// Lets everyone in, and forgets the bound.
        case sharesWithoutBound
    }

    private struct Bucket {
        var oracle: TokenBucketOracle
        var lastUse = 0
    }

    private let defect: Defect
    private let check: KeyedCheck
    private let clock: ManualClock
    private let state = Lock<(buckets: [Int: Bucket], uses: Int)>(([:], 0))

    init(_ defect: Defect, _ check: KeyedCheck, _ clock: ManualClock) {
        self.defect = defect
        self.check = check
        self.clock = clock
    }

    func tryAcquire(_ permits: Int, for key: Int) -> Acquisition {
        guard permits <= check.burst else { return .exceedsBurst }
        let now = clock.nanoseconds()
        return state.withLock { state -> Acquisition in
            state.uses += 1
            if state.buckets[key] == nil {
                if state.buckets.count >= check.maximumKeys, let victim = victim(state.buckets, now) {
                    state.buckets[victim] = nil
                }
                guard state.buckets.count < check.maximumKeys else {
                    if defect == .sharesWithoutBound { return .granted }
                    let first = state.buckets.values.compactMap { fullTime($0, now) }.min() ?? now
                    return .refused(retryAfter: .init(nanoseconds: defect == .wrongRetry ? 0 : first - now))
                }
                state.buckets[key] = Bucket(oracle: check.oracle)
            }
            var bucket = state.buckets[key]!
            let isGranted = bucket.oracle.tryAcquire(UInt64(permits), atNanoseconds: now)
            bucket.lastUse = state.uses
            state.buckets[key] = bucket
            if isGranted { return .granted }
            let due = bucket.oracle.earliestGrant(of: UInt64(permits)) ?? now
            return .refused(retryAfter: .init(nanoseconds: due - now))
        }
    }

    private func fullTime(_ bucket: Bucket, _ now: UInt64, permits: Int? = nil) -> UInt64? {
        var oracle = bucket.oracle
        _ = oracle.tryAcquire(0, atNanoseconds: now)
        return oracle.earliestGrant(of: UInt64(permits ?? check.burst))
    }

    private func victim(_ buckets: [Int: Bucket], _ now: UInt64) -> Int? {
        switch defect {
        case .evictsLeastRecentlyUsed: buckets.min { $0.value.lastUse < $1.value.lastUse }?.key
        case .forgetsTooSoon: buckets.first { fullTime($0.value, now, permits: 1) == now }?.key
        case .neverForgets: nil
        case .wrongRetry, .sharesWithoutBound: buckets.first { fullTime($0.value, now) == now }?.key
        }
    }
}
