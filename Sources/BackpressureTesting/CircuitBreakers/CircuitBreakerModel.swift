public import Backpressure

/// A circuit breaker as a plain value, used by one caller: state and event give state and answer, with all that has happened
/// kept and counted anew each time. Slow, and meant to be read: what real ones are compared with.
public struct CircuitBreakerModel: Sendable {
    private struct Call: Sendable {
        var nanoseconds: UInt64
        var failed: Bool
        var slow: Bool
    }

    /// When it opens and closes.
    public let settings: CircuitBreakerSettings
    /// The state now.
    public private(set) var state = CircuitState.closed
    /// Which state it is, counted from 1.
    public private(set) var generation: UInt64 = 1
    /// Results since this generation began.
    private var calls: [Call] = []
    /// When the probes of this generation were let through that have neither come back nor been cancelled.
    private var probesOut = 0
    private var probesWell = 0
    private var lastProbe: UInt64 = 0
    private var openedAt: UInt64 = 0
    /// How often in a row it has opened.
    private var openings = 0
    private var counts = CircuitBreakerStatistics()

    /// A breaker that is closed.
    public init(_ settings: CircuitBreakerSettings) {
        self.settings = settings
    }

    /// Answers a request.
    public mutating func acquire(atNanoseconds now: UInt64) -> CallPermission {
        switch state {
        case .closed, .disabled: break
        case .forcedOpen:
            counts.refused += 1
            return .refused(retryAfterNanoseconds: nil)
        case .open:
            if now < openedAt + wait {
                counts.refused += 1
                return .refused(retryAfterNanoseconds: openedAt + wait - now)
            }
            counts.timesHalfOpened += 1
            enter(.halfOpen)
        case .halfOpen:
            guard !hasPlace else { break }
            let givenUp = lastProbe + settings.probeTimeout.wholeNanoseconds
            if now < givenUp {
                counts.refused += 1
                return .refused(retryAfterNanoseconds: min(givenUp - now, settings.wait.wholeNanoseconds))
            }
            counts.lostProbes += UInt64(probesOut)
            counts.timesHalfOpened += 1
            enter(.halfOpen)
        }
        if state == .halfOpen {
            probesOut += 1
            lastProbe = now
        }
        return .permitted(CallPermit(generation: generation, startNanoseconds: now))
    }

    /// Takes the result of a call.
    public mutating func record(
        _ permit: CallPermit,
        _ outcome: CallOutcome,
        durationNanoseconds: UInt64?,
        atNanoseconds now: UInt64
    ) {
        guard permit.generation == generation else {
            counts.late += 1
            return
        }
        let duration = durationNanoseconds ?? now - permit.startNanoseconds
        let call = Call(
            nanoseconds: now,
            failed: outcome == .failure,
            slow: settings.slowCallRate != nil && duration > settings.slowCallDuration.wholeNanoseconds
        )
        if call.failed { counts.failed += 1 } else { counts.succeeded += 1 }
        if call.slow { counts.slow += 1 }
        switch state {
        case .closed:
            calls.append(call)
            if call.failed || call.slow, isTooBad(atNanoseconds: now) { open(atNanoseconds: now) }
        case .halfOpen:
            probesOut -= 1
            if call.failed || call.slow {
                open(atNanoseconds: now)
            } else {
                probesWell += 1
                if probesWell == settings.successesToClose {
                    counts.timesClosed += 1
                    close()
                }
            }
        case .open, .forcedOpen, .disabled: break
        }
    }

    /// Takes a permit back.
    public mutating func cancel(_ permit: CallPermit) {
        counts.cancelled += 1
        if permit.generation == generation, state == .halfOpen { probesOut -= 1 }
    }

    /// Refuses all calls.
    public mutating func forceOpen() { enter(.forcedOpen) }

    /// Permits all calls and judges none.
    public mutating func disable() { enter(.disabled) }

    /// Closed with an empty window.
    public mutating func reset() { close() }

    /// What has happened.
    public func statistics(atNanoseconds now: UInt64) -> CircuitBreakerStatistics {
        var statistics = counts
        statistics.state = state
        statistics.generation = generation
        let window = window(atNanoseconds: now)
        statistics.window = CircuitBreakerStatistics.WindowCounts(
            calls: window.count,
            failures: window.count { $0.failed },
            slow: window.count { $0.slow }
        )
        return statistics
    }

    private func window(atNanoseconds now: UInt64) -> [Call] {
        switch settings.window {
        case .calls(let count): return Array(calls.suffix(count))
        case .time(let length, let buckets):
            let bucket = length.wholeNanoseconds / UInt64(buckets)
            return calls.filter { now / bucket - $0.nanoseconds / bucket < UInt64(buckets) }
        }
    }

    private func isTooBad(atNanoseconds now: UInt64) -> Bool {
        if let longest = settings.consecutiveFailures, calls.count >= longest,
            calls.suffix(longest).allSatisfy(\.failed)
        {
            return true
        }
        let window = window(atNanoseconds: now)
        guard window.count >= settings.minimumCalls else { return false }
        func reaches(_ count: Int, _ rate: Double?) -> Bool {
            guard let rate else { return false }
            return count * 1_000_000 >= Int((rate * 1_000_000).rounded()) * window.count
        }
        return reaches(window.count { $0.failed }, settings.failureRate)
            || reaches(window.count { $0.slow }, settings.slowCallRate)
    }

    private var hasPlace: Bool {
        probesOut < settings.concurrentProbes && probesOut + probesWell < settings.successesToClose
    }

    /// How long it stays open this time.
    private var wait: UInt64 {
        let longest = max(settings.longestWait, settings.wait).wholeNanoseconds
        var wait = settings.wait.wholeNanoseconds
        for _ in 1..<openings { wait = UInt64(min(Double(longest), Double(wait) * settings.backoffFactor)) }
        return wait
    }

    private mutating func open(atNanoseconds now: UInt64) {
        counts.timesOpened += 1
        enter(.open)
        openings += 1
        openedAt = now
    }

    private mutating func close() {
        enter(.closed)
        openings = 0
    }

    private mutating func enter(_ state: CircuitState) {
        self.state = state
        generation += 1
        calls = []
        (probesOut, probesWell) = (0, 0)
    }
}
