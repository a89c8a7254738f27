import BoundedQueues
import Histogram
import Synchronization

extension QueueRun {
    /// What was counted, all from the same run.
    struct Outcome {
        var measured = MeasuredPart.Measured()
        /// From the intended start of an element to the moment when it was taken, or of a round trip; in nanoseconds. Empty
        /// for the other loads.
        var latency = LatencyRecorder.emptyHistogram
        var latenciesOutOfRange = 0
        var offered = 0
        var accepted = 0
        var refused = 0
        var dropped = 0
        var evicted = 0
        var taken = 0
        /// Of those accepted, the ones that went by way of the store.
        var spilled = 0
        /// Wrapping sums of element numbers.
        var acceptedSum: UInt64 = 0
        var takenSum: UInt64 = 0
        var evictedSum: UInt64 = 0

        var latencyCount: Int { Int(latency.totalCount) }
        var lost: Int { accepted - taken - evicted }
    }

    /// A run in progress, for whoever looks on.
    final class Progress {
        let producers: [WorkerCounts]
        let consumers: [WorkerCounts]
        /// One, or as many as the load has.
        let instances: [QueueInstance]

        init(producers: [WorkerCounts], consumers: [WorkerCounts], instances: [QueueInstance]) {
            self.producers = producers
            self.consumers = consumers
            self.instances = instances
        }

        /// The sum of what all queues say of themselves.
        func sum(_ value: @escaping @Sendable (QueueStatistics) -> Int) -> Int {
            let all = instances.map(\.statistics)
            return waitFor {
                var sum = 0
                for statistics in all { sum += value(await statistics()) }
                return sum
            }
        }

        var offered: Int { Progress.sum(producers) { $0.offered.load(ordering: .relaxed) } }
        var accepted: Int { Progress.sum(producers) { $0.completed.load(ordering: .relaxed) } }
        var taken: Int { Progress.sum(consumers) { $0.completed.load(ordering: .relaxed) } }

        static func sum(_ counts: [WorkerCounts], _ value: (WorkerCounts) -> UInt64) -> Int {
            Int(counts.reduce(0) { $0 + value($1) })
        }
    }

    func gather(
        _ measured: MeasuredPart.Measured,
        _ progress: Progress,
        _ drops: DropCounter,
        _ recorders: [LatencyRecorder]
    ) -> Outcome {
        var outcome = Outcome(measured: measured)
        for recorder in recorders {
            outcome.latency.add(recorder.histogram)
            outcome.latenciesOutOfRange += recorder.outOfRange
        }
        outcome.offered = progress.offered
        outcome.accepted = progress.accepted
        outcome.dropped = Int(drops.dropped.load(ordering: .relaxed))
        outcome.evicted = Int(drops.evicted.load(ordering: .relaxed))
        let returned = Progress.sum(progress.producers) { $0.refused.load(ordering: .relaxed) }
        outcome.refused = returned + outcome.dropped
        let takers = load.producerTakes ? progress.producers : progress.consumers
        outcome.taken = Progress.sum(takers) { $0.completed.load(ordering: .relaxed) }
        outcome.acceptedSum = progress.producers.reduce(0) { $0 &+ $1.numberSum.load(ordering: .relaxed) }
        if load.producerTakes {
            // The one worker counts what it took; what entered are the numbers from 0 on.
            outcome.accepted = outcome.offered - returned
            let count = UInt64(outcome.accepted)
            outcome.acceptedSum =
                count.isMultiple(of: 2) ? count / 2 &* (count &- 1) : count &* ((count &- 1) / 2)
        } else if load.batch > 1 {
            // Who offers a batch knows how many of it were dropped, but not which.
            outcome.acceptedSum &-= drops.droppedNumberSum.load(ordering: .relaxed)
        }
        outcome.takenSum = takers.reduce(0) { $0 &+ $1.numberSum.load(ordering: .relaxed) }
        outcome.evictedSum = drops.evictedNumberSum.load(ordering: .relaxed)
        outcome.spilled = progress.sum { Int(clamping: $0.spilled) }
        return outcome
    }
}

extension QueueRun.Outcome {
    /// What is wrong with the elements, in words; `nil`: every one is accounted for, by count and by sum.
    var violation: String? {
        if accepted != taken + evicted {
            return "accepted \(accepted) elements, but \(taken) were taken and \(evicted) evicted"
        }
        if acceptedSum != takenSum &+ evictedSum {
            return "as many elements came out as went in, but not the same ones"
        }
        if offered != accepted + refused {
            return "offered \(offered) elements, but \(accepted) were accepted and \(refused) refused"
        }
        return nil
    }
}

extension QueueLoad {
    /// Whether the elements come back to the worker that offered them, which alone counts then.
    var producerTakes: Bool { arrival == .alternating || arrival == .roundTrip }
}
