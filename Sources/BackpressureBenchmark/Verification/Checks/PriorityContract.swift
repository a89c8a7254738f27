import BackpressureTesting
import BoundedQueues

extension ExtraVerification {
    /// The conformance suite of priority queues.
    ///
    /// - Parameters:
    ///   - skipped: what the queue doesn't promise.
    ///   - make: makes a queue with a capacity, an overload table, an ageing limit and a drop handler.
    static func priorityContract<Queue: BoundedPriorityQueue<Int>>(
        skipping skipped: Set<PriorityCheck> = [],
        _ make: @escaping PriorityConformance<Queue>.MakeQueue
    ) -> ExtraVerification {
        ExtraVerification(id: "contract", form: .promise) { effort in
            var outcomes: [VerificationOutcome] = []
            for check in PriorityCheck.allCases where effort.includes(promise: check.rawValue) {
                let tally = OperationTally()
                var suite = PriorityConformance { CountedPriorityQueue(base: make($0, $1, $2, $3), tally: tally) }
                suite.seed = effort.seed
                outcomes.append(
                    await .contract(
                        check.rawValue,
                        unless: skipped.contains(check) ? "the queue doesn't promise it" : nil,
                        seed: effort.seed,
                        counting: tally
                    ) { [suite] () async throws(ConformanceFailure) in try await suite.run(check) }
                )
            }
            return outcomes
        }
    }
}

/// A priority queue, counting what is done with it.
private struct CountedPriorityQueue<Base: BoundedPriorityQueue<Int>>: BoundedPriorityQueue {
    let base: Base
    let tally: OperationTally

    var capacity: Int { base.capacity }
    var overload: OverloadTable { base.overload }
    var ageingLimit: Int { base.ageingLimit }

    func push(_ element: Int, priority tier: PriorityTier) async -> PushResult<Int> {
        count(await base.push(element, priority: tier))
    }

    func push<C: Clock>(
        _ element: Int,
        priority tier: PriorityTier,
        until deadline: C.Instant,
        clock: C
    ) async -> PushResult<Int> where C.Duration == Duration {
        count(await base.push(element, priority: tier, until: deadline, clock: clock))
    }

    func pop() async -> Prioritized<Int>? { count(await base.pop()) }

    func pop<C: Clock>(until deadline: C.Instant, clock: C) async -> PopResult<Prioritized<Int>>
    where C.Duration == Duration {
        tally.count(0)
        return await base.pop(until: deadline, clock: clock)
    }

    func tryPush(_ element: Int, priority tier: PriorityTier) async -> PushResult<Int> {
        count(await base.tryPush(element, priority: tier))
    }

    func tryPop() async -> Prioritized<Int>? { count(await base.tryPop()) }

    func close() async { await base.close() }

    func statistics() async -> PriorityStatistics { await base.statistics() }

    private func count(_ result: PushResult<Int>) -> PushResult<Int> {
        tally.count(result.isAccepted ? 1 : 0)
        return result
    }

    private func count(_ element: Prioritized<Int>?) -> Prioritized<Int>? {
        tally.count(element == nil ? 0 : 1)
        return element
    }
}
