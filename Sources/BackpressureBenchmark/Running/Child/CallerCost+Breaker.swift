import CircuitBreakers
import ConcurrencySupport

extension CallerCost {
    /// What it costs to make a call through a circuit breaker: to ask for permission, and to record that it went well.
    init(_ job: MeasurementJob, _ load: BreakerLoad, _ implementation: BreakerImplementation) {
        self.init(job: job, callers: load.callers) { () throws(MeasurementError) in
            let instance = implementation.real(
                BreakerSetup(settings: load.settings, clock: SystemNanosecondClock())
            )
            let mustKeepPromises = implementation.role == .contender
            let breaker = instance.breaker
            if load.state == .open, mustKeepPromises { try open(breaker) }
            return Subject(onThread: instance.callOnThread, onTask: instance.callOnTask) { asked, permitted in
                guard mustKeepPromises else { return nil }
                let statistics = waitFor { await breaker.statistics() }
                return load.complaint(asked: asked, permitted: permitted, statistics)
            }
        }
    }
}

/// Has it opened by the one failure that ``BreakerLoad/settings`` take for too many.
private func open(_ breaker: any CircuitBreaker) throws(MeasurementError) {
    let state = waitFor {
        if let permit = await breaker.tryAcquire().permit { await breaker.record(permit, .failure) }
        return await breaker.state()
    }
    guard state == .open else { throw MeasurementError("it isn't open after as many failures as it should take") }
}

extension BreakerLoad {
    /// Never opens where calls succeed; in the state open one failure opens it for longer than any run lasts.
    var settings: CircuitBreakerSettings {
        var settings = CircuitBreakerSettings()
        switch window {
        case .calls(let count):
            settings.window = .calls(count)
            settings.minimumCalls = min(settings.minimumCalls, count)
        case .time(let seconds, let buckets): settings.window = .time(.seconds(seconds), buckets: buckets)
        }
        if state == .open {
            settings.consecutiveFailures = 1
            settings.wait = .seconds(36_000)
            settings.longestWait = settings.wait
        }
        return settings
    }

    /// What a breaker did that it must not do under this load, in words; `nil`: nothing.
    func complaint(asked: Int, permitted: Int, _ statistics: CircuitBreakerStatistics) -> String? {
        switch state {
        case .closed where permitted < asked:
            "it refused \(asked - permitted) of \(asked) calls, though none had failed"
        case .closed where statistics.succeeded != UInt64(permitted):
            "\(permitted) calls were recorded as successes, but it counted \(statistics.succeeded)"
        case .open where permitted > 0: "it permitted \(permitted) of \(asked) calls, though it was open"
        case .open where statistics.refused != UInt64(asked):
            "\(asked) calls were refused, but it counted \(statistics.refused)"
        case .closed, .open: nil
        }
    }
}
