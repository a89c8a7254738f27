internal import Backpressure

/// The exact decisions of a limiter.
protocol LimiterOracle: Sendable {
    mutating func tryAcquire(_ permits: UInt64, atNanoseconds now: UInt64) -> Bool
    /// Takes note of a grant that a limiter made.
    mutating func record(_ permits: UInt64, atNanoseconds now: UInt64)
    func earliestGrant(of permits: UInt64) -> UInt64?
}

extension LimiterOracle {
    /// The earliest time, at `now` or later, at which so many permits can be had; `nil`: never.
    mutating func earliestGrant(of permits: Int, notBefore now: UInt64) -> UInt64? {
        // Lets time get on.
        _ = tryAcquire(0, atNanoseconds: now)
        return earliestGrant(of: UInt64(permits))
    }

    /// Grants permits at the earliest possible time, as a limiter promises them to whoever waits.
    mutating func promise(_ permits: Int, notBefore now: UInt64) -> UInt64 {
        guard let due = earliestGrant(of: permits, notBefore: now) else {
            preconditionFailure("checks ask for no more than the burst")
        }
        record(UInt64(permits), atNanoseconds: due)
        return due
    }
}

extension TokenBucketOracle: LimiterOracle {
    mutating func record(_ permits: UInt64, atNanoseconds now: UInt64) {
        _ = tryAcquire(permits, atNanoseconds: now)
    }
}

extension SlidingWindowOracle: LimiterOracle {}

/// Judges a limiter's answers by what it has granted so far.
struct LimiterJudge {
    private var greedy: any LimiterOracle
    private var late: any LimiterOracle

    init(_ checked: CheckedEnvelope) {
        greedy = checked.greedy
        late = checked.late
    }

    /// Says what an answer should have been; `nil`: it is right. Takes note of what was granted.
    mutating func expected(insteadOf answer: Acquisition, to permits: Int, atNanoseconds now: UInt64) -> String? {
        guard let first = greedy.earliestGrant(of: permits, notBefore: now),
            let last = late.earliestGrant(of: permits, notBefore: now)
        else { return answer == .exceedsBurst ? nil : "\(Acquisition.exceedsBurst)" }
        switch answer {
        case .granted where first <= now:
            greedy.record(UInt64(permits), atNanoseconds: now)
            late.record(UInt64(permits), atNanoseconds: now)
            return nil
        case .refused(let delay) where last > now && (first...last).contains(now + delay.nanoseconds):
            return nil
        default:
            if last <= now { return "\(Acquisition.granted)" }
            return first == last
                ? "a refusal for \(first - now) ns" : "a refusal for \(first - now) to \(last - now) ns"
        }
    }
}
