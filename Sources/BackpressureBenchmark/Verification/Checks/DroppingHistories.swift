import BackpressureTesting
import BoundedQueues

extension VerificationCheck {
    /// Recorded histories of contending threads under each policy that gives elements up.
    static let droppingHistories = VerificationCheck(
        id: "drops",
        mechanism: .queue,
        summary: "histories under the policies that drop: what is lost is what the policy says, told once, and counted",
        fixedSeconds: 0.3,
        share: 0.15,
        mostSeconds: 120,
        patienceSeconds: 60,
        cases: [VerificationCaseForm(fields: ["policy", "capacity", "producers", "consumers"])],
        reasonAgainst: { subject in
            guard case .queue(let queue) = subject else { return "for queues" }
            if queue.words == nil { return "no elements of 8 bytes" }
            if queue.promises.specification == nil { return "promises no order: \(queue.limitations ?? queue.summary)" }
            if !queue.arrivals.contains(.closedLoop) || !queue.promises.triesAreDecisive {
                return "holds nothing: \(queue.limitations ?? queue.summary)"
            }
            // First: to see whether threads can drive it one is made, in this process, which a loaded library has no business in.
            if queue.droppingPolicies.isEmpty { return "gives no elements up" }
            return queue.isSynchronous ? nil : "not driven by threads; 'contract' has its policies"
        },
        perform: { subject, effort in
            guard case .queue(let queue) = subject, let specification = queue.promises.specification else { return [] }
            return await onConductor {
                let policies = queue.droppingPolicies.filter { name, _ in
                    effort.includesSome(of: VerificationCase(("policy", name)))
                }
                var share = effort
                share.seconds = effort.seconds / Double(max(1, policies.count))
                let outcomes = policies.map { name, policies in
                    DroppingHistories(queue, specification, share, name, policies).outcome()
                }
                return effort.orNothing(outcomes.compactMap { $0 }, "drops")
            }
        }
    )
}

/// Histories of one queue under one policy.
private struct DroppingHistories {
    let queue: QueueImplementation
    let specification: HistorySpecification
    let effort: VerificationEffort
    let name: String
    let policies: [DroppingPolicy]

    init(
        _ queue: QueueImplementation,
        _ specification: HistorySpecification,
        _ effort: VerificationEffort,
        _ name: String,
        _ policies: [DroppingPolicy]
    ) {
        (self.queue, self.specification, self.effort) = (queue, specification, effort)
        (self.name, self.policies) = (name, policies)
    }

    private static let operations = 4_000

    /// - Returns: `nil` if there was nothing to do.
    func outcome() -> VerificationOutcome? {
        var outcome = VerificationOutcome(
            check: "drops-\(name)",
            verdict: .pass,
            specification: specification.rawValue.inKebabCase
        )
        let end = ContinuousClock.now + .seconds(effort.seconds)
        let latestEnd = end + .seconds(effort.patienceSeconds)
        var (evidence, drops, rounds, seed) = (HistoryEvidence?.none, 0, 0, effort.seed)
        var shortfalls: [String] = []
        repeat {
            for policy in policies {
                for capacity in [1, 2, 16] {
                    for shape in shapes where effort.includes(name, capacity, shape) {
                        let history = record(policy, capacity, shape, seed)
                        rounds += 1
                        drops += history.dropCount
                        evidence = evidence.map { $0 + history.evidence() } ?? history.evidence()
                        (outcome.operations, outcome.successes) = (evidence?.operations, drops)
                        outcome.overlapPercent = evidence?.overlapPercent
                        if let fault = history.fault(specification) {
                            outcome.verdict = .fail
                            outcome.detail =
                                "\(policy), capacity \(capacity), \(shape.producers) producers, "
                                + "\(shape.consumers) consumers, seed \(seed): \(fault)"
                            outcome.replay = VerificationReplay(
                                seed: seed,
                                only: VerificationCase(policy: name, capacity: capacity, shape)
                            )
                            return outcome
                        }
                        seed &+= 1
                    }
                }
            }
            if rounds == 0 { return nil }
            shortfalls = evidence?.shortfalls() ?? []
            if drops == 0 { shortfalls.append("nothing was dropped") }
        } while ContinuousClock.now < (shortfalls.isEmpty ? end : latestEnd)
        outcome.verdict = shortfalls.isEmpty ? .pass : .vacuous
        outcome.detail =
            shortfalls.isEmpty ? "\(rounds) histories, \(drops) elements given up" : shortfalls.joined(separator: "; ")
        return outcome
    }

    /// With more producers than consumers: something must be dropped.
    private var shapes: [(producers: Int, consumers: Int)] {
        let most = queue.maxProducers ?? .max
        return most == 1 ? [(1, 1)] : [(2, 1), (3, min(2, queue.maxConsumers ?? 2))]
    }

    private func record(
        _ policy: DroppingPolicy,
        _ capacity: Int,
        _ shape: (producers: Int, consumers: Int),
        _ seed: UInt64
    ) -> DroppingHistory {
        let run = QueueHistoryRun(
            producers: shape.producers,
            consumers: shape.consumers,
            operations: Self.operations,
            seed: seed
        )
        return run.recordDropping(policy) { onDrop in
            // Checked before: it can be made, and threads can drive it.
            let setup = QueueSetup<UInt64>(capacity: capacity, policy: policy.policy, onDrop: onDrop)
            return queue.words!(setup).wordQueue as! any SynchronousBoundedQueue<UInt64>
        }
    }
}

extension QueueImplementation {
    /// Whether threads can drive it, whoever does where it is measured.
    fileprivate var isSynchronous: Bool {
        guard let words else { return false }
        return words(QueueSetup(capacity: 1, policy: .block, onDrop: { _, _ in })).wordQueue
            is any SynchronousBoundedQueue<UInt64>
    }

    /// Its policies that drop, by name; sampling from the first element on, and from half full.
    fileprivate var droppingPolicies: [(String, [DroppingPolicy])] {
        policies.compactMap { policy in
            switch policy.description {
            case "drop-newest": ("newest", [.dropNewest])
            case "drop-oldest": ("oldest", [.dropOldest])
            case "sample": ("sample", [.sample(oneIn: 3, above: 0), .sample(oneIn: 2, above: 0.5)])
            default: nil
            }
        }
    }
}

extension VerificationCase {
    fileprivate init(policy: String, capacity: Int, _ shape: (producers: Int, consumers: Int)) {
        self.init(
            ("policy", policy),
            ("capacity", "\(capacity)"),
            ("producers", "\(shape.producers)"),
            ("consumers", "\(shape.consumers)")
        )
    }
}

extension VerificationEffort {
    fileprivate func includes(_ policy: String, _ capacity: Int, _ shape: (producers: Int, consumers: Int)) -> Bool {
        includes(VerificationCase(policy: policy, capacity: capacity, shape))
    }
}
