import BackpressureTesting

/// A few operations of a few threads on an implementation made of a model's words, to be had in every schedule.
struct ExploredScene: Sendable {
    /// Who does what, in words.
    let name: String
    /// The operations that an execution makes.
    let operations: Int
    let preemptions: Int
    /// Makes the implementation anew, begins its threads, and says what must hold at the end.
    let play: @Sendable (Exploration) -> Void
}

extension ExtraVerification {
    /// Scenes one after the other, every schedule of each within its bounds.
    static func explored(_ scenes: [ExploredScene], heldTo specification: String) -> ExtraVerification {
        ExtraVerification(id: "explored-schedules", form: .schedule) { effort in
            await onConductor { [ExploredScenes(scenes, specification, effort).result()].compactMap(\.self) }
        }
    }
}

/// The exploration of an implementation's scenes, or of one schedule of one of them.
private struct ExploredScenes {
    let scenes: [ExploredScene]
    let effort: VerificationEffort
    var outcome: VerificationOutcome

    init(_ scenes: [ExploredScene], _ specification: String, _ effort: VerificationEffort) {
        (self.scenes, self.effort) = (scenes, effort)
        outcome = VerificationOutcome(
            check: "explored-schedules",
            verdict: .pass,
            specification: specification,
            operations: 0,
            successes: 0,
            schedules: 0
        )
    }

    /// - Returns: `nil` if there was nothing to do.
    consuming func result() -> VerificationOutcome? {
        if let only = effort.only { replay(only) } else { explore() }
        return outcome.schedules == 0 && outcome.detail == nil ? nil : outcome
    }

    /// The one execution that a failure named: exactly that.
    private mutating func replay(_ only: VerificationCase) {
        guard let number = only["scene"].flatMap(Int.init), scenes.indices.contains(number - 1),
            let schedule = only["schedule"].flatMap(ExplorationSchedule.init)
        else {
            (outcome.verdict, outcome.detail) = (.vacuous, "there is no case '\(only)'")
            return
        }
        let scene = scenes[number - 1]
        let report = ScheduleExplorer().replay(schedule) { scene.play($0) }
        count(report, scene)
        outcome.detail = "\(scene.name): the schedule '\(schedule)' alone"
        if let failure = report.failure { fail(number - 1, failure) }
    }

    /// Time beyond the first round buys more preemptions.
    private mutating func explore() {
        let end = ContinuousClock.now + .seconds(effort.seconds)
        let chosen = scenes.enumerated().filter { effort.includes(VerificationCase(("scene", "\($0.offset + 1)"))) }
        if chosen.isEmpty { return }
        var more = 0
        var (exhausted, cut): ([String], [String]) = ([], [])
        repeat {
            for (index, scene) in chosen {
                let explorer = ScheduleExplorer(
                    preemptions: scene.preemptions + more,
                    staleReads: 1,
                    executions: 20_000 + Int(20_000 * effort.seconds)
                )
                let report = explorer.explore { scene.play($0) }
                count(report, scene)
                let name = "\(scene.name), \(scene.preemptions + more) preemptions"
                if let failure = report.failure { return fail(index, failure) }
                if report.isVacuous {
                    (outcome.verdict, outcome.detail) = (.vacuous, "\(name): nothing was interleaved")
                    return
                }
                if report.isExhausted { exhausted.append(name) } else { cut.append(name) }
                if ContinuousClock.now >= end, more > 0 { break }
            }
            more += 1
        } while ContinuousClock.now < end && more <= 2
        outcome.detail =
            "every interleaving of: \(exhausted.isEmpty ? "none" : exhausted.joined(separator: "; "))"
            + (cut.isEmpty ? "" : ". As many as there was time for of: \(cut.joined(separator: "; "))")
    }

    private mutating func count(_ report: ExplorationReport, _ scene: ExploredScene) {
        outcome.schedules? += report.executions
        outcome.operations? += report.executions * scene.operations
        outcome.successes? += report.interleaved
    }

    private mutating func fail(_ index: Int, _ failure: ExplorationFailure) {
        (outcome.verdict, outcome.detail) = (.fail, "\(scenes[index].name): \(failure)")
        outcome.replay = VerificationReplay(
            seed: effort.seed,
            only: VerificationCase(("scene", "\(index + 1)"), ("schedule", "\(failure.schedule)"))
        )
    }
}
