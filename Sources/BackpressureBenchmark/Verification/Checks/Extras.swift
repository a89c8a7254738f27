extension VerificationCheck {
    /// The checks that come with a queue.
    static let queueExtras = extras(
        of: .queue,
        "what comes with an implementation: the suite of priority queues; explored schedules of lock-free ones"
    )
    /// Those that come with a limiter.
    static let limiterExtras = extras(of: .limiter, "explored schedules of lock-free limiters")
    /// Those that come with a concurrency limit.
    static let concurrencyLimitExtras = extras(of: .concurrencyLimit, "explored schedules of lock-free limits")

    private static func extras(of mechanism: Scenario.Mechanism, _ summary: String) -> VerificationCheck {
        VerificationCheck(
            id: "extra",
            mechanism: mechanism,
            summary: summary,
            fixedSeconds: 1,
            share: 0.3,
            mostSeconds: 120,
            cases: [.promise, .schedule],
            reasonAgainst: { $0.implementation.extraChecks.isEmpty ? "none comes with it" : nil },
            perform: { subject, effort in
                let extras = subject.implementation.extraChecks.filter { effort.only?.has($0.form.fields) ?? true }
                var outcomes: [VerificationOutcome] = []
                for extra in extras {
                    var share = effort
                    share.seconds = effort.seconds / Double(extras.count)
                    outcomes += await extra.perform(share)
                }
                return effort.orNothing(outcomes, "extra")
            }
        )
    }
}
