import BackpressureTesting
import BoundedQueues
import ConcurrencySupport

extension ExtraVerification {
    /// The ring for any number of producers and consumers in every schedule of a few operations, within bounds.
    static func exploredRing(_ consistency: RingConsistency) -> ExtraVerification {
        let scenes = [
            ExploredRing(capacity: 1, producers: 1, consumers: 1, operations: 2, preemptions: 3),
            ExploredRing(capacity: 2, producers: 1, consumers: 1, operations: 3),
            ExploredRing(capacity: 1, producers: 2, consumers: 1, operations: 1),
            ExploredRing(capacity: 2, producers: 2, consumers: 1, operations: 1),
            ExploredRing(capacity: 1, producers: 1, consumers: 2, operations: 1),
            ExploredRing(capacity: 1, producers: 2, consumers: 2, operations: 1),
        ]
        return explored(scenes, consistency == .strict ? .strict : .relaxed) { scene in
            SlotQueue<UInt64, SharedSlots<ModelWord>>(
                modelledOn: SharedSlots(capacity: scene.capacity, layout: .dense),
                consistency: consistency
            )
        }
    }

    /// The ring for one producer and one consumer, likewise.
    static var exploredSingleRing: ExtraVerification {
        let scenes = [
            ExploredRing(capacity: 1, producers: 1, consumers: 1, operations: 3, preemptions: 3),
            ExploredRing(capacity: 2, producers: 1, consumers: 1, operations: 4),
        ]
        return explored(scenes, .strict) { scene in
            SlotQueue<UInt64, SingleSlots<ModelWord>>(
                modelledOn: SingleSlots(capacity: scene.capacity, layout: .dense),
                consistency: .strict
            )
        }
    }

    private static func explored<Slots: SlotSource & ~Copyable>(
        _ scenes: [ExploredRing],
        _ specification: HistorySpecification,
        _ make: @escaping @Sendable (ExploredRing) -> SlotQueue<UInt64, Slots>
    ) -> ExtraVerification {
        ExtraVerification(id: "explored-schedules") { effort in
            await onConductor {
                [ExploredRing.outcome(scenes, specification, effort, make)]
            }
        }
    }
}

extension SlotLayout {
    fileprivate static var dense: SlotLayout { SlotLayout(for: UInt64.self, spacing: .dense) }
}

/// Some producers and consumers on a ring of model words, with operations that don't wait.
private struct ExploredRing: Sendable {
    var capacity: Int
    var producers: Int
    var consumers: Int
    /// What each pushes or pops.
    var operations: Int
    var preemptions = 2

    /// Explores one scene after the other. Time beyond the first round buys more preemptions.
    static func outcome<Slots: SlotSource & ~Copyable>(
        _ scenes: [ExploredRing],
        _ specification: HistorySpecification,
        _ effort: VerificationEffort,
        _ make: @escaping @Sendable (ExploredRing) -> SlotQueue<UInt64, Slots>
    ) -> VerificationOutcome {
        let end = ContinuousClock.now + .seconds(effort.seconds)
        var outcome = VerificationOutcome(
            check: "explored-schedules",
            verdict: .pass,
            specification: specification.rawValue,
            operations: 0,
            successes: 0,
            schedules: 0
        )
        var more = 0
        var (exhausted, cut): ([String], [String]) = ([], [])
        repeat {
            for scene in scenes {
                let explorer = ScheduleExplorer(
                    preemptions: scene.preemptions + more,
                    staleReads: 1,
                    executions: 20_000 + Int(20_000 * effort.seconds)
                )
                let report = explorer.explore { scene.play(make(scene), specification, $0) }
                outcome.schedules? += report.executions
                outcome.operations? += report.executions * scene.operations * (scene.producers + scene.consumers)
                outcome.successes? += report.interleaved
                let name =
                    "capacity \(scene.capacity), \(scene.producers) producers, \(scene.consumers) consumers, "
                    + "\(scene.operations) operations each, \(scene.preemptions + more) preemptions"
                if let failure = report.failure {
                    (outcome.verdict, outcome.detail) = (.fail, "\(name): \(failure)")
                    return outcome
                }
                if report.isVacuous {
                    (outcome.verdict, outcome.detail) = (.vacuous, "\(name): nothing was interleaved")
                    return outcome
                }
                if report.isExhausted { exhausted.append(name) } else { cut.append(name) }
                if ContinuousClock.now >= end, more > 0 { break }
            }
            more += 1
        } while ContinuousClock.now < end && more <= 2
        outcome.detail =
            "every interleaving of: \(exhausted.isEmpty ? "none" : exhausted.joined(separator: "; "))"
            + (cut.isEmpty ? "" : ". As many as there was time for of: \(cut.joined(separator: "; "))")
        return outcome
    }

    private func play<Slots: SlotSource & ~Copyable>(
        _ queue: SlotQueue<UInt64, Slots>,
        _ specification: HistorySpecification,
        _ exploration: Exploration
    ) {
        func event(_ thread: Int, _ operation: () -> (QueueEvent.Kind, UInt64)) -> QueueEvent {
            let timed = exploration.timed(operation)
            return QueueEvent(
                thread: thread,
                timed.value.0,
                timed.value.1,
                call: UInt64(timed.called),
                returned: UInt64(timed.returned)
            )
        }
        func pop() -> (QueueEvent.Kind, UInt64) {
            queue.tryPop().map { (.popTook, $0) } ?? (.popSaidEmpty, 0)
        }
        let pushes = (0..<producers).map { producer in
            exploration.thread("producer \(producer + 1)") {
                (0..<operations).map { number in
                    let element = UInt64(producer * 10 + number)
                    return event(producer) {
                        (queue.tryPush(element).isAccepted ? .pushAccepted : .pushSaidFull, element)
                    }
                }
            }
        }
        let pops = (0..<consumers).map { consumer in
            exploration.thread("consumer \(consumer + 1)") {
                (0..<operations).map { _ in event(producers + consumer, pop) }
            }
        }
        exploration.check {
            var events = (pushes + pops).flatMap(\.value)
            for _ in 0...capacity { events.append(event(producers + consumers, pop)) }
            let search = LinearizabilitySearch(capacity: capacity, specification: specification)
            let words = events.sorted { $0.call < $1.call }.map { "thread \($0.thread): \($0)" }
            exploration.expect(search.isExplained(events), "no queue would do this: \(words.joined(separator: "; "))")
        }
    }
}
