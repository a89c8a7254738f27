import BackpressureTesting
import RateLimiters

/// What the callers of a limiter saw on the real clock, and what follows from it with certainty: when within its call a
/// request was decided can't be seen from outside, so a limiter is only blamed for what is wrong wherever it was.
struct CallerEvidence {
    let envelope: GrantEnvelope
    /// Of each caller, in order of time.
    let logs: [[CallerLog.Event]]
    private let grants: [GrantStamp]

    init(_ envelope: GrantEnvelope, _ logs: [[CallerLog.Event]]) {
        self.envelope = envelope
        self.logs = logs
        grants = logs.flatMap { $0.filter(\.isGrant) }
            .map { GrantStamp(before: $0.first, after: $0.last, permits: $0.permits) }
    }

    /// Whether it is known when each request was decided.
    var knowsDecisions: Bool { logs.joined().allSatisfy { !$0.isGrant || $0.decided != 0 } }

    /// All permits that were granted.
    var granted: Int { grants.reduce(0) { $0 + Int($1.permits) } }

    // MARK: - Too much

    /// The worst of all windows by the call/return criterion; `nil`: the envelope was kept. O(n log n).
    func overshoot() -> ExcessWindow? {
        guard let length = envelope.window?.shortest else { return bucketOvershoot() }
        let calls = Running(grants.map { ($0.before, $0.permits) })
        let returns = Running(grants.map { ($0.after, $0.permits) })
        var worst: ExcessWindow?
        for start in calls.times {
            // A grant and one that comes a window's length later don't count together.
            let end = start + (length - 1)
            let permits = Int(returns.permits(upTo: end)) - Int(calls.permits(before: start))
            guard permits > envelope.burst, Double(permits - envelope.burst) > worst?.excess ?? 0 else { continue }
            worst = ExcessWindow(
                excess: Double(permits - envelope.burst),
                startNanoseconds: start,
                endNanoseconds: end,
                permits: UInt64(permits)
            )
        }
        return worst
    }

    private func bucketOvershoot() -> ExcessWindow? {
        let overshoot = EnvelopeCheck.overshoot(
            of: grants,
            permits: envelope.rate.permits,
            perNanoseconds: envelope.rate.perNanoseconds,
            burst: UInt64(envelope.burst)
        )
        return overshoot.window.map { window in
            ExcessWindow(
                excess: overshoot.permits,
                startNanoseconds: window.startNanoseconds,
                endNanoseconds: window.endNanoseconds,
                permits: grants.reduce(0) { sum, grant in
                    let isInside = grant.before >= window.startNanoseconds && grant.after <= window.endNanoseconds
                    return sum + (isInside ? UInt64(grant.permits) : 0)
                }
            )
        }
    }

    // MARK: - Too little

    /// The most permits that an exact limiter with the same grants would have had at hand, wherever within their calls
    /// those were decided, when a request was refused that they would have sufficed for; 0: every refusal may have been
    /// right. O(n log n).
    ///
    /// Stalls of the callers don't count: what an exact limiter has at hand is never more than its burst.
    func mostWithheld() -> Double {
        let asked = Running(
            logs.joined().filter(\.isGrant).map { ($0.decided == 0 ? $0.first : $0.decided, $0.permits) }
        )
        let returns = Running(grants.map { ($0.after, $0.permits) })
        if let length = envelope.window?.longest {
            return refusals.reduce(0) { most, refusal in
                let oldest = refusal.call > length ? refusal.call - length : 0
                let counted = Int(asked.permits(before: refusal.end)) - Int(returns.permits(upTo: oldest))
                let left = envelope.burst - counted
                return left >= Int(refusal.permits) ? max(most, Double(left)) : most
            }
        }
        return bucketWithheld(asked, returns)
    }

    /// The level at c is the least, over all s ≤ c, of burst + rate · (c − s) less what was granted from s on: at most
    /// what was asked for before the end of the refusal and had not returned before s.
    ///
    /// - Parameter asked: when each grant was, at the earliest: when the limiter read its clock, or else at the call. It can
    ///   be granted later than that, so `returns` says when it was at the latest.
    private func bucketWithheld(_ asked: Running, _ returns: Running) -> Double {
        let unitsPerNanosecond = Int128(envelope.rate.permits)
        let unitsPerPermit = Int128(envelope.rate.perNanoseconds)
        // A limiter on a clock of nanoseconds may take a moment for the one before.
        let slack = 2 * unitsPerNanosecond
        func balance(_ start: UInt64, returned: UInt64) -> Int128 {
            Int128(returned) * unitsPerPermit - Int128(start) * unitsPerNanosecond
        }
        var least = Int128.max
        var next = 0
        var most: Int128 = 0
        for refusal in refusals.sorted(by: { $0.call < $1.call }) {
            while next < returns.times.count, returns.times[next] <= refusal.call {
                least = min(least, balance(returns.times[next], returned: returns.permits(before: returns.times[next])))
                next += 1
            }
            let here = balance(refusal.call, returned: returns.permits(before: refusal.call))
            let taken = Int128(asked.permits(before: refusal.end)) * unitsPerPermit
            let level =
                Int128(envelope.burst) * unitsPerPermit + Int128(refusal.call) * unitsPerNanosecond - taken
                + min(least - slack, here)
            if refusal.permits <= envelope.burst, level >= Int128(refusal.permits) * unitsPerPermit {
                most = max(most, level)
            }
        }
        return Double(most) / Double(unitsPerPermit)
    }

    /// Of each row of refusals the first and the last: called at `call`, returned by `end`.
    private var refusals: [(call: UInt64, end: UInt64, permits: UInt32)] {
        var found: [(call: UInt64, end: UInt64, permits: UInt32)] = []
        for log in logs {
            for (index, event) in log.enumerated() where !event.isGrant {
                let next = index + 1 < log.count ? log[index + 1].first : .max
                found.append((event.last, next, event.permits))
                if event.refusals > 1 { found.append((event.first, event.last, event.permits)) }
            }
        }
        return found
    }

    // MARK: - What an exact limiter grants

    /// What the oracle grants when it is asked at the same instants.
    ///
    /// That is when the limiter read its clock, if that is known. Else it is known only to within the call, and a task may be
    /// away from its processor in between: so the oracle is asked at the calls and at the returns, and what was granted is
    /// right if it lies between the answers.
    func allowed() -> Int {
        if knowsDecisions { return allowed { $0.decided } }
        let answers = [allowed { $0.first }, allowed { $0.last }].sorted()
        return min(max(granted, answers[0]), answers[1])
    }

    /// What the oracle grants to all callers' requests in order of time, grants being asked for at `instant`.
    private func allowed(at instant: (CallerLog.Event) -> UInt64) -> Int {
        var requests: [CallerLog.Event] = []
        for event in logs.joined() where event.isGrant {
            let moment = instant(event)
            requests.append(.init(first: moment, last: moment, refusals: 1, permits: event.permits))
        }
        let grants = Running(requests.map { ($0.first, 1) })
        for event in logs.joined() where !event.isGrant { requests += Self.requests(of: event, beside: grants) }
        requests.sort { $0.first < $1.first }
        var oracle = LimiterOracle(envelope)
        return requests.reduce(0) { granted, request in
            let times = oracle.acquireRepeatedly(
                UInt64(request.permits),
                count: Int(request.refusals),
                fromNanoseconds: request.first,
                toNanoseconds: request.last
            )
            return granted + times * Int(request.permits)
        }
    }

    /// A row of refusals as requests to the oracle, in pieces of at most 50 µs, so that those of different callers interleave.
    ///
    /// Of a row only the first and the last moment are known, the others are taken to be as far from one another. Where
    /// somebody else was granted something meanwhile, that won't do: a request that is taken to have been made a moment later
    /// than it was gets the other's permit. There the requests between the two are left out, but for pieces in which nobody
    /// was granted anything: of several callers the answers tell too much, and too little only in part.
    private static func requests(of row: CallerLog.Event, beside grants: Running) -> [CallerLog.Event] {
        let piece: UInt64 = 50_000
        let span = row.last - row.first
        let isQuiet = grants.isEmpty(from: row.first, through: row.last)
        guard row.refusals > 1, span > piece || !isQuiet else { return [row] }
        let pieces = max(1, min((span + piece - 1) / piece, row.refusals / 2))
        var requests: [CallerLog.Event] = []
        func ask(_ first: UInt64, _ last: UInt64, _ count: UInt64) {
            requests.append(.init(first: first, last: last, refusals: count, permits: row.permits))
        }
        for index in 0..<pieces {
            let first = row.first + span * index / pieces
            let last = row.first + span * (index + 1) / pieces - (index + 1 == pieces ? 0 : 1)
            let count = row.refusals * (index + 1) / pieces - row.refusals * index / pieces
            if isQuiet {
                ask(first, last, count)
            } else if count > 1, grants.isEmpty(from: first, through: last) {
                ask(first, last - (last - first) / count, count - 1)
            }
        }
        if !isQuiet {
            ask(row.first, row.first, 1)
            ask(row.last, row.last, 1)
        }
        return requests
    }

    /// When each permit that was waited for was due, and when its caller ran, callers being served in the order in which
    /// they asked.
    ///
    /// Whoever is granted at once is so at some moment of the call, and those who wait after it are due by that moment. A
    /// call may take microseconds: it is taken for the latest that makes nobody early, so that its length isn't taken for
    /// lateness of all who follow.
    func waits() -> [(due: UInt64, ran: UInt64)] {
        var oracle = LimiterOracle(envelope)
        var waits: [(due: UInt64, ran: UInt64)] = []
        var begin = 0
        func settle() {
            let least = waits[begin...].map { $0.ran - min($0.due, $0.ran) }.min() ?? 0
            for index in begin..<waits.count { waits[index].due += least }
            begin = waits.count
        }
        for event in grantsInOrderOfAsking() {
            _ = oracle.tryAcquire(0, atNanoseconds: event.first)
            guard let due = oracle.earliestGrant(of: UInt64(event.permits)) else { continue }
            _ = oracle.tryAcquire(UInt64(event.permits), atNanoseconds: due)
            if due <= event.first { settle() }
            waits.append((due, event.last))
        }
        settle()
        return waits
    }

    /// Those who asked at nearly the same time in the order in which they ran: between the time that a caller notes and the
    /// limiter's line there is a call, in which others may overtake it. Where permits come back by the window, whoever is
    /// overtaken at its end waits for the next.
    private func grantsInOrderOfAsking() -> [CallerLog.Event] {
        let longestCall: UInt64 = 50_000
        var ordered: [CallerLog.Event] = []
        var together: [CallerLog.Event] = []
        for event in logs.joined().filter(\.isGrant).sorted(by: { $0.first < $1.first }) {
            if let last = together.last, event.first - last.first > longestCall {
                ordered += together.sorted { $0.last < $1.last }
                together = []
            }
            together.append(event)
        }
        return ordered + together.sorted { $0.last < $1.last }
    }

    /// For how long, in all, there was a caller whose permit was due and who didn't run yet.
    static func keptNanoseconds(_ waits: [(due: UInt64, ran: UInt64)]) -> UInt64 {
        var sum: UInt64 = 0
        var covered: UInt64 = 0
        for wait in waits.sorted(by: { $0.due < $1.due }) where wait.ran > max(wait.due, covered) {
            sum += wait.ran - max(wait.due, covered)
            covered = wait.ran
        }
        return sum
    }
}

/// Permits by their times, summed up.
private struct Running {
    let times: [UInt64]
    /// `sums[i]`: all before `times[i]`, by index; one longer.
    private let sums: [UInt64]

    init(_ events: [(time: UInt64, permits: UInt32)]) {
        let sorted = events.sorted { $0.time < $1.time }
        times = sorted.map(\.time)
        var sums: [UInt64] = [0]
        sums.reserveCapacity(sorted.count + 1)
        for event in sorted { sums.append(sums[sums.count - 1] + UInt64(event.permits)) }
        self.sums = sums
    }

    func permits(before time: UInt64) -> UInt64 { sums[index { $0 < time }] }
    func permits(upTo time: UInt64) -> UInt64 { sums[index { $0 <= time }] }
    func isEmpty(from first: UInt64, through last: UInt64) -> Bool {
        index { $0 < first } == index { $0 <= last }
    }

    /// The first for which it doesn't hold, by bisection.
    private func index(where holds: (UInt64) -> Bool) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(times[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
