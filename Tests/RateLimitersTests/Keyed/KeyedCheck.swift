import BackpressureTesting
import RateLimiters

/// What the checks ask of a limiter with a bucket for each key: of ours, and of ones that are broken on purpose.
protocol KeyedSubject {
    func tryAcquire(_ permits: Int, for key: Int) -> Acquisition
}

extension KeyedTokenBucket: KeyedSubject where Key == Int {}

/// Random requests of many more keys than there is room for, against one exact bucket for each key that is never
/// forgotten.
struct KeyedCheck {
    var permitsPerMillisecond: UInt64 = 1
    var burst = 5
    var maximumKeys = 8
    var keyCount = 40
    var requests = 2_000
    var seed: UInt64 = 1

    var rate: Rate { Rate(permits: permitsPerMillisecond, perNanoseconds: 1_000_000) }
    var oracle: TokenBucketOracle {
        TokenBucketOracle(permits: permitsPerMillisecond, perNanoseconds: 1_000_000, burst: UInt64(burst))
    }
    private var refill: UInt64 { UInt64(burst) * 1_000_000 / permitsPerMillisecond }
    /// How much later than possible a key may be forgotten.
    private var slack: UInt64 { refill / 127 + 1 }

    /// The first promise that is broken, in words; `nil`: all are kept.
    ///
    /// - Parameter isExact: a key that finds no room is refused, rather than sharing a bucket; so every other answer
    ///   must be exact.
    func firstViolation(by subject: some KeyedSubject, on clock: ManualClock, isExact: Bool = true) -> String? {
        var generator = SeededGenerator(seed: seed)
        var oracles = [TokenBucketOracle](repeating: oracle, count: keyCount)
        // When each bucket is full again; 0: it always was.
        var fullAt = [UInt64](repeating: 0, count: keyCount)
        clock.advance(byNanoseconds: 10 * refill)
        for number in 0..<requests {
            clock.advance(byNanoseconds: gap(&generator))
            // A few keys come often, most seldom.
            let key = Int.random(in: 0..<(Bool.random(using: &generator) ? 4 : keyCount), using: &generator)
            let isTooMuch = Int.random(in: 0..<12, using: &generator) == 0
            let permits = isTooMuch ? burst + 1 : Int.random(in: 1...burst, using: &generator)
            let now = clock.nanoseconds()
            var trial = oracles[key]
            let isAllowed = trial.tryAcquire(UInt64(permits), atNanoseconds: now)
            let answer = subject.tryAcquire(permits, for: key)
            let problem: String? =
                switch answer {
                case .exceedsBurst: isTooMuch ? nil : "no more than the burst was asked for"
                case .granted: isAllowed ? nil : "granted in spite of a debt"
                case .refused where isTooMuch: "it can never pass"
                case .refused where !isExact: nil
                case .refused(let delay) where !isAllowed:
                    delay.nanoseconds + now == trial.earliestGrant(of: UInt64(permits))
                        ? nil : "wait until \(trial.earliestGrant(of: UInt64(permits)) ?? 0)"
                case .refused where fullAt[key] > now: "a key in debt has a place, and this one has permits"
                case .refused(let delay): wrongRefusal(delay.nanoseconds, fullAt: fullAt, now: now)
                }
            if let problem {
                return "request \(number) at \(now) for \(permits) of key \(key): \(answer), but \(problem)"
            }
            if answer.isGranted {
                oracles[key] = trial
                fullAt[key] = trial.earliestGrant(of: UInt64(burst)) ?? .max
            }
        }
        return nil
    }

    private func gap(_ generator: inout SeededGenerator) -> UInt64 {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<10: 0
        case 10..<17: UInt64.random(in: 0...refill / 10, using: &generator)
        case 17: UInt64.random(in: 0...2 * refill, using: &generator)
        default: 1_000_000 / permitsPerMillisecond
        }
    }

    /// What is wrong with refusing a key for want of room.
    private func wrongRefusal(_ delay: UInt64, fullAt: [UInt64], now: UInt64) -> String? {
        let debtors = fullAt.count { $0 + slack > now }
        if debtors < maximumKeys { return "there is room: only \(debtors) keys are in debt" }
        let first = fullAt.filter { $0 > now }.min() ?? now
        return delay > 0 && now + delay <= first + slack ? nil : "the first of the others is full again at \(first)"
    }
}
