extension VerificationCheck {
    /// Memory as the contract has it: none allocated for an operation, and all given back.
    static let queueMemory = VerificationCheck(
        id: "memory",
        mechanism: .queue,
        summary: "no allocation an operation once in use, and no element kept after it was taken",
        fixedSeconds: 0.4,
        reasonAgainst: { subject in
            guard case .queue(let queue) = subject else { return "for queues" }
            if !queue.promises.allocatesNothing { return "doesn't promise to allocate nothing" }
            return Jemalloc.isAccounting ? nil : "this process doesn't run on jemalloc, so memory can't be accounted"
        },
        perform: { subject, effort in
            guard case .queue(let queue) = subject, effort.includes(VerificationCase(("check", "memory"))) else {
                return []
            }
            return await onConductor { [allocations(queue, effort), retention(queue, effort)] }
        }
    )

    /// Allocations that are no fault: some in a run for looking at the gauges all the time, and one in a hundred operations.
    private static func allowedAllocations(operations: Int) -> Double { 0.01 + 1_000 / Double(max(1, operations)) }

    private static func allocations(_ queue: QueueImplementation, _ effort: VerificationEffort) -> VerificationOutcome {
        var load = QueueLoad.plain
        load.producers = min(2, queue.maxProducers ?? 2)
        load.consumers = min(2, queue.maxConsumers ?? 2)
        return outcome("steady-state-allocation", queue, load, effort) { report in
            guard let allocations = report[.allocations] else { return "allocations couldn't be counted" }
            guard allocations > allowedAllocations(operations: report.operations ?? 0) else { return nil }
            return "\(Numbers.decimal(allocations)) allocations an operation"
        }
    }

    private static func retention(_ queue: QueueImplementation, _ effort: VerificationEffort) -> VerificationOutcome {
        var load = QueueLoad.plain
        if queue.payloads != nil { load.payloadBytes = 4_096 }
        // The queue itself, with a slot and what pads it for each element, and the harness's crumbs.
        let allowed = load.capacity * 256 + 64 << 10
        return outcome("memory-returned", queue, load, effort) { report in
            guard let retained = report[.retained] else { return "what is retained couldn't be measured" }
            guard retained > Double(allowed) else { return nil }
            return
                "\(Numbers.bytes(retained)) are still allocated when the queue is drained, of which its slots explain "
                + Numbers.bytes(Double(allowed))
        }
    }

    private static func outcome(
        _ check: String,
        _ queue: QueueImplementation,
        _ load: QueueLoad,
        _ effort: VerificationEffort,
        _ complaint: (MeasurementReport) -> String?
    ) -> VerificationOutcome {
        let driver = queue.drivers.contains(.threads) ? Scenario.Driver.threads : .tasks
        let job = MeasurementJob(
            kind: .memory,
            scenario: Scenario.toVerify(.queue(load), drivers: [driver]),
            implementation: queue.id,
            driver: driver,
            seed: effort.seed,
            warmupSeconds: 0.03,
            durationSeconds: 0.1,
            timeLimitSeconds: 10
        )
        var outcome = VerificationOutcome(check: check, verdict: .pass, specification: "no garbage")
        do throws(MeasurementError) {
            let measurement = QueueMeasurement(
                job: job,
                load: load,
                implementation: queue,
                measuredByYardstick: nil
            )
            let report = try measurement.memory()
            (outcome.operations, outcome.successes) = (report.operations, report.operations)
            outcome.detail = report.violation ?? complaint(report)
            if outcome.detail != nil { outcome.verdict = .fail }
            if report.operations ?? 0 == 0 { outcome.verdict = .vacuous }
        } catch {
            (outcome.verdict, outcome.detail) = (.fail, "\(error)")
        }
        return outcome
    }
}

extension Scenario {
    /// A load to measure for a check, which no file describes.
    static func toVerify(_ load: Load, drivers: [Driver]) -> Scenario {
        Scenario(
            name: "verify",
            title: "Verification",
            section: .throughput,
            profiles: Set(Profile.allCases),
            drivers: drivers,
            implementations: [],
            reference: nil,
            repetitions: 1,
            durationSeconds: 0.1,
            warmupSeconds: 0,
            load: load
        )
    }
}
