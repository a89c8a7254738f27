import Foundation

/// The child's side of a verification: makes one check after the other, and says which before and what of it after.
///
/// A check that crashes takes its process with it, and one that hangs is ended by the system's alarm: the parent knows
/// from the last message which it was.
package enum VerificationChild {
    /// Reads one job and carries it out.
    package static func run(registry: Registry) async {
        let output = MessageWriter()
        do {
            let input = try FileHandle.standardInput.readToEnd() ?? Data()
            let job = try JSONDecoder().decode(VerificationJob.self, from: input)
            var registry = registry
            if let library = job.library { try registry.openLibrary(path: library) }
            guard let subject = registry.subjects.first(where: { $0.id == job.implementation }) else {
                throw MeasurementError("nothing is registered as '\(job.implementation)'")
            }
            for order in job.checks {
                guard let check = VerificationCheck.checks(for: subject).first(where: { $0.id == order.id }) else {
                    throw MeasurementError("there is no check '\(order.id)'")
                }
                output.write(.checking(order.id))
                alarm(UInt32(order.timeLimitSeconds.rounded(.up)))
                let effort = VerificationEffort(
                    seed: job.seed,
                    seconds: order.seconds,
                    patienceSeconds: order.patienceSeconds,
                    only: order.only,
                    sampleOneIn: order.sampleOneIn
                )
                var outcomes = try await check.perform(subject, effort)
                // None of its cases was among those for this seed.
                if order.sampleOneIn > 1 { outcomes.removeAll { $0.verdict == .vacuous && $0.operations == 0 } }
                for index in outcomes.indices { outcomes[index].origin = order.id }
                output.write(.checked(outcomes))
            }
            alarm(0)
        } catch {
            output.write(.failure("\(error)"))
        }
    }
}

extension Registry {
    /// All that can be verified, queues first.
    var subjects: [VerificationSubject] {
        queues.map { .queue($0) } + limiters.map { .limiter($0) } + breakers.map { .breaker($0) }
            + concurrencyLimits.map { .concurrencyLimit($0) }
    }
}
