extension VerificationCheck {
    /// The checks that come with an implementation.
    static let extras = VerificationCheck(
        id: "extra",
        mechanism: .queue,
        summary:
            "what comes with an implementation: the suite of priority queues; explored schedules of lock-free ones",
        fixedSeconds: 1,
        share: 0.3,
        mostSeconds: 120,
        reasonAgainst: { subject in
            guard case .queue(let queue) = subject else { return "for queues" }
            return queue.extraChecks.isEmpty ? "none comes with it" : nil
        },
        perform: { subject, effort in
            guard case .queue(let queue) = subject else { return [] }
            var outcomes: [VerificationOutcome] = []
            for extra in queue.extraChecks {
                var share = effort
                share.seconds = effort.seconds / Double(queue.extraChecks.count)
                outcomes += await extra.perform(share)
            }
            return outcomes
        }
    )
}
