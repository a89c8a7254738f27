import BackpressureTesting
import CircuitBreakers

extension VerificationCheck {
    /// The conformance suite of circuit breakers: random events beside the model, and tasks that contend.
    static let breakerContract = VerificationCheck(
        id: "contract",
        mechanism: .breaker,
        summary: "every answer, state and count beside a model in random sequences of events; tasks that contend",
        fixedSeconds: 2,
        cases: [.promise],
        reasonAgainst: { subject in
            guard case .breaker(let breaker) = subject else { return "for circuit breakers" }
            return breaker.virtual == nil ? "takes no clock" : nil
        },
        perform: { subject, effort in
            guard case .breaker(let breaker) = subject, let make = breaker.virtual else { return [] }
            var outcomes: [VerificationOutcome] = []
            for check in CircuitBreakerCheck.allCases where effort.includes(promise: check.rawValue) {
                let tally = OperationTally()
                var suite = CircuitBreakerConformance { settings, clock in
                    let setup = BreakerSetup(settings: settings, clock: VirtualClock(following: clock))
                    return CountedBreaker(base: make(setup).breaker, tally: tally)
                }
                suite.seed = effort.seed
                outcomes.append(
                    await .contract(check.rawValue, unless: nil, seed: effort.seed, counting: tally) {
                        [suite] () async throws(ConformanceFailure) in try await suite.run(check)
                    }
                )
            }
            return effort.orNothing(outcomes, "contract")
        }
    )
}

/// A registered breaker as the suite's, counting what is asked of it.
private struct CountedBreaker: CircuitBreaker {
    let base: any CircuitBreaker
    let tally: OperationTally

    func tryAcquire() async -> CallPermission {
        let answer = await base.tryAcquire()
        tally.count(answer.permit == nil ? 0 : 1)
        return answer
    }

    func record(_ permit: CallPermit, _ outcome: CallOutcome) async {
        tally.count(1)
        await base.record(permit, outcome)
    }

    func record(_ permit: CallPermit, _ outcome: CallOutcome, durationNanoseconds: UInt64) async {
        tally.count(1)
        await base.record(permit, outcome, durationNanoseconds: durationNanoseconds)
    }

    func cancel(_ permit: CallPermit) async {
        tally.count(1)
        await base.cancel(permit)
    }

    func state() async -> CircuitState { await base.state() }
    func statistics() async -> CircuitBreakerStatistics { await base.statistics() }

    func forceOpen() async {
        tally.count(1)
        await base.forceOpen()
    }

    func disable() async {
        tally.count(1)
        await base.disable()
    }

    func reset() async {
        tally.count(1)
        await base.reset()
    }

    var changes: CircuitBreakerChanges { base.changes }
    func nanoseconds() -> UInt64 { base.nanoseconds() }
}
