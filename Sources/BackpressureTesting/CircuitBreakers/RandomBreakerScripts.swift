internal import Backpressure

/// Random settings and events, small and close to the edges, so that every decision comes up soon.
struct RandomBreakerScripts {
    /// What the settings are about.
    enum Subject: Sendable, CaseIterable {
        case failureRate
        case slowCalls
        case failuresInARow
        case time
        case probes
        case lostProbes
        case waits
        case heldStates
        case everything
    }

    private let subject: Subject
    private var generator: SeededGenerator

    init(_ subject: Subject, seed: UInt64) {
        self.subject = subject
        generator = SeededGenerator(seed: seed)
    }

    private mutating func oneOf<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &generator)]
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    private func concerns(_ subjects: Subject...) -> Bool { subject == .everything || subjects.contains(subject) }

    mutating func settings() -> CircuitBreakerSettings {
        var settings = CircuitBreakerSettings()
        let calls = Int.random(in: 1...8, using: &generator)
        settings.window = .calls(calls)
        settings.minimumCalls = Int.random(in: 1...calls, using: &generator)
        if subject == .time || subject == .everything && chance(40) {
            // Not a whole number of nanoseconds a bucket, at times.
            settings.window = .time(
                .nanoseconds(oneOf([10_000_000, 9_999_997, 40_000_000])),
                buckets: oneOf([2, 3, 5])
            )
            settings.minimumCalls = Int.random(in: 1...6, using: &generator)
        }
        settings.failureRate =
            concerns(.slowCalls, .failuresInARow) && chance(50) ? nil : oneOf([0.2, 1.0 / 3, 0.5, 1])
        if concerns(.slowCalls), chance(80) {
            settings.slowCallRate = oneOf([0.25, 0.5, 1])
            settings.slowCallDuration = .nanoseconds(oneOf([0, 1_000, 3_000_000]))
        }
        if concerns(.failuresInARow), chance(80) {
            settings.consecutiveFailures = Int.random(in: 1...5, using: &generator)
        }
        if concerns(.probes, .lostProbes) {
            settings.concurrentProbes = Int.random(in: 1...3, using: &generator)
        }
        settings.successesToClose = Int.random(in: 1...4, using: &generator)
        settings.wait = .nanoseconds(oneOf([1, 1_000, 7_000_001]))
        settings.backoffFactor = oneOf([1, 1.5, 2])
        settings.longestWait = settings.wait * oneOf([1, 3, 10])
        settings.probeTimeout = .nanoseconds(oneOf([1, 500, 9_000_000]))
        return settings
    }

    mutating func script(events count: Int) -> CircuitBreakerScript {
        let settings = settings()
        // How often calls fail changes now and then, or the breaker would hardly ever close.
        var failing = 50
        let events = (0..<count).map { _ -> CircuitBreakerEvent in
            if chance(5) { failing = oneOf([0, 20, 50, 100]) }
            return event(settings, failing: failing)
        }
        return CircuitBreakerScript(settings, events)
    }

    private mutating func event(_ settings: CircuitBreakerSettings, failing: Int) -> CircuitBreakerEvent {
        let which = Int.random(in: 0..<4, using: &generator)
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<42: return .acquire
        case 42..<70: return .record(which, chance(failing) ? .failure : .success)
        case 70..<75:
            let edge = settings.slowCallDuration.wholeNanoseconds
            let duration = oneOf([0, edge, edge + 1, edge - min(edge, 1)])
            return .recordDuration(which, chance(failing) ? .failure : .success, nanoseconds: duration)
        case 75..<80: return chance(concerns(.probes) ? 100 : 20) ? .cancel(which) : .acquire
        case 80..<98: return .advance(nanoseconds: gap(settings))
        default:
            guard concerns(.heldStates) else { return .acquire }
            return oneOf([.forceOpen, .disable, .reset, .reset])
        }
    }

    private mutating func gap(_ settings: CircuitBreakerSettings) -> UInt64 {
        var spans = [settings.wait, settings.wait, settings.longestWait, settings.probeTimeout, .nanoseconds(1)]
        if settings.slowCallRate != nil { spans += [settings.slowCallDuration, settings.slowCallDuration] }
        if case .time(let length, let buckets) = settings.window {
            spans += [length, length / buckets, length / buckets]
        }
        let span = oneOf(spans).wholeNanoseconds
        return oneOf([span, span, span + 1, span - min(span, 1), span / 2])
    }
}
