import BackpressureTesting
import ConcurrencySupport
import Testing

@testable import CircuitBreakers

/// The decisions of ``LockFreeCircuitBreaker``, on model words.
@Suite("Circuit breaker in every schedule", .timeLimit(.minutes(5)))
struct BreakerExplorationTests {
    private static func settings(_ change: (inout CircuitBreakerSettings) -> Void) -> CircuitBreakerSettings {
        var settings = CircuitBreakerSettings()
        settings.window = .calls(2)
        settings.minimumCalls = 2
        settings.failureRate = nil
        settings.wait = .nanoseconds(10)
        settings.successesToClose = 1
        change(&settings)
        return settings
    }

    /// Callers whose calls fail together open it: whoever adds the last failure sees them all.
    private static func failTogether(_ judge: ModelBreaker<ModelWord>.Judge) -> ExplorationReport {
        ScheduleExplorer(preemptions: 2).explore { exploration in
            let breaker = ModelBreaker<ModelWord>(settings { $0.failureRate = 1 })
            for _ in 0..<2 {
                exploration.thread {
                    if case .permitted(let permit) = breaker.decide() { breaker.record(permit, .failure, judge) }
                }
            }
            exploration.check {
                exploration.expect(breaker.state() == .open, "two of two calls failed and it is \(breaker.state())")
            }
        }
    }

    @Test("Two failures recorded at once open it")
    func opening() {
        let report = Self.failTogether(.asIs)
        #expect(report.passed, "\(report)")
    }

    @Test("Judged by the sums from before the call, two failures at once are overlooked")
    func judgedTooEarly() throws {
        let failure = try #require(Self.failTogether(.beforeAdding).failure)
        #expect(failure.message == "two of two calls failed and it is closed", "\(failure)")
        #expect(failure.execution <= 500, "\(failure)")
    }

    /// A call of the first generation fails while somebody resets the breaker, and another call is made beside.
    private static func recordLate<Word: ExploredWord>(
        _ judge: ModelBreaker<Word>.Judge,
        of word: Word.Type
    ) -> ExplorationReport {
        ScheduleExplorer(preemptions: 2).explore { exploration in
            let breaker = ModelBreaker<Word>(settings { $0.consecutiveFailures = 2 })
            guard case .permitted(let permit) = breaker.decide() else { return }
            exploration.thread("late") { breaker.record(permit, .failure, judge) }
            exploration.thread("owner") { breaker.change { $0.reset(atNanoseconds: $1) } }
            let other = exploration.thread("caller") { () -> UInt64 in
                guard case .permitted(let permit) = breaker.decide() else { return 0 }
                breaker.record(permit, .success, judge)
                return permit.generation
            }
            exploration.check {
                let window = breaker.gatherStatistics().window
                exploration.expect(window.failures == 0, "a late failure is in the window")
                exploration.expect(window == breaker.recount(), "the sums \(window) of \(breaker.recount())")
                exploration.expect(other.value < 2 || window.calls == 1, "a result of the new generation is lost")
            }
        }
    }

    @Test("A result that is overtaken by a change of state leaves the new window as it is")
    func lateResult() {
        let report = Self.recordLate(.asIs, of: ModelWord.self)
        #expect(report.passed, "\(report)")
    }

    @Test("Added whatever the generation, a late failure would be in the new window")
    func addedLate() throws {
        let failure = try #require(Self.recordLate(.addingBlindly, of: ModelWord.self).failure)
        #expect(failure.message == "a late failure is in the window", "\(failure)")
        #expect(failure.execution <= 500, "\(failure)")
    }

    @Test(
        "If the state were loaded without acquiring, a new result would find the old sums and be missing from the new"
    )
    func relaxedState() throws {
        let failure = try #require(Self.recordLate(.asIs, of: ForgetfulWord.self).failure)
        #expect(failure.message.hasPrefix("the sums"), "\(failure)")
        #expect(failure.execution <= 5_000, "\(failure)")
    }

    @Test("Sums equal a recount when callers replace each other's results")
    func replacing() {
        let report = ScheduleExplorer(preemptions: 2).explore { exploration in
            let breaker = ModelBreaker<ModelWord>(
                Self.settings {
                    $0.window = .calls(1)
                    $0.minimumCalls = 1
                }
            )
            for outcomes: [CallOutcome] in [[.failure, .success], [.success, .failure]] {
                exploration.thread {
                    for outcome in outcomes {
                        if case .permitted(let permit) = breaker.decide() { breaker.record(permit, outcome, .asIs) }
                    }
                }
            }
            exploration.check {
                let statistics = breaker.gatherStatistics()
                exploration.expect(statistics.window == breaker.recount(), "the sums are \(statistics.window)")
                exploration.expect(statistics.window.calls == 1, "\(statistics.window.calls) calls in a window of one")
                exploration.expect(statistics.succeeded == 2 && statistics.failed == 2, "\(statistics)")
            }
        }
        #expect(report.passed, "\(report)")
    }

    /// Two callers of an open breaker whose wait is over.
    private static func probe(_ lock: ModelBreaker<ModelWord>.Locking) -> ExplorationReport {
        ScheduleExplorer(preemptions: 2).explore { exploration in
            let breaker = ModelBreaker<ModelWord>(settings { $0.consecutiveFailures = 1 }, lock)
            guard case .permitted(let permit) = breaker.decide() else { return }
            breaker.record(permit, .failure, .asIs)
            breaker.time = 1_010
            let probes = (0..<2).map { _ in
                exploration.thread { () -> CallPermit? in breaker.decide().permit }
            }
            exploration.check {
                let permits = probes.compactMap { $0.value ?? nil }
                exploration.expect(permits.count == 1, "\(permits.count) probes where there may be one")
                guard let permit = permits.first else { return }
                breaker.record(permit, .success, .asIs)
                exploration.expect(breaker.state() == .closed, "a probe went well and it is \(breaker.state())")
            }
        }
    }

    @Test("Callers of a breaker whose wait is over get one probe")
    func probes() {
        let report = Self.probe(.asIs)
        #expect(report.passed, "\(report)")
    }

    @Test("If the states changed by a look and a write, there would be two probes")
    func probesInTwoSteps() throws {
        let failure = try #require(Self.probe(.inTwoSteps).failure)
        #expect(failure.message == "2 probes where there may be one", "\(failure)")
        #expect(failure.execution <= 500, "\(failure)")
    }

    @Test("A caller beside a probe that closes it is refused or let through, and afterwards everyone is")
    func closing() {
        let report = ScheduleExplorer(preemptions: 2).explore { exploration in
            let breaker = ModelBreaker<ModelWord>(Self.settings { $0.consecutiveFailures = 1 })
            guard case .permitted(let permit) = breaker.decide() else { return }
            breaker.record(permit, .failure, .asIs)
            breaker.time = 1_010
            guard case .permitted(let probe) = breaker.decide() else { return }
            exploration.thread("probe") {
                breaker.record(probe, .success, .asIs)
                exploration.expect(breaker.decide().permit != nil, "it closed and refuses")
            }
            exploration.thread("caller") {
                switch breaker.decide() {
                case .permitted(let permit):
                    exploration.expect(permit.generation == 4, "a second probe was let through")
                case .refused(let delay):
                    exploration.expect(delay == 10, "a refusal for \(delay ?? 0) ns")
                }
            }
        }
        #expect(report.passed, "\(report)")
    }
}
