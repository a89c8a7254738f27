import BoundedQueues
import ConcurrencySupport
import Histogram
import Synchronization

/// One queue under one load, from the first worker to the drained queue.
///
/// The caller's thread, which must not be one of the pool's, conducts: it starts the workers, looks at them at the
/// beginning and at the end of the measured part, and stops them.
struct QueueRun {
    let implementation: QueueImplementation
    let load: QueueLoad
    let driver: Scenario.Driver
    let seed: UInt64
    let warmupSeconds: Double
    let durationSeconds: Double

    /// What was counted, all from the same run.
    struct Outcome {
        var measured = MeasuredPart.Measured()
        /// Of consumers; in nanoseconds from the intended start. Empty for closed loops.
        var latency = LatencyRecorder.emptyHistogram
        var latenciesOutOfRange = 0
        var offered = 0
        var accepted = 0
        var refused = 0
        var dropped = 0
        var evicted = 0
        var taken = 0
        /// Wrapping sums of element numbers.
        var acceptedSum: UInt64 = 0
        var takenSum: UInt64 = 0
        var evictedSum: UInt64 = 0

        var lost: Int { accepted - taken - evicted }
    }

    /// A run in progress, for whoever looks on.
    final class Progress {
        let producers: [WorkerCounts]
        let consumers: [WorkerCounts]
        let instance: QueueInstance

        init(producers: [WorkerCounts], consumers: [WorkerCounts], instance: QueueInstance) {
            self.producers = producers
            self.consumers = consumers
            self.instance = instance
        }

        var offered: Int { Progress.sum(producers) { $0.offered.load(ordering: .relaxed) } }
        var accepted: Int { Progress.sum(producers) { $0.completed.load(ordering: .relaxed) } }
        var taken: Int { Progress.sum(consumers) { $0.completed.load(ordering: .relaxed) } }

        static func sum(_ counts: [WorkerCounts], _ value: (WorkerCounts) -> UInt64) -> Int {
            Int(counts.reduce(0) { $0 + value($1) })
        }
    }

    /// Moments at which the caller may look on.
    struct Observer {
        /// Before the queue is made, all of the harness's own memory being allocated.
        var beforeQueue: () -> Void = {}
        /// The queue is made, nothing is in it.
        var queueMade: () -> Void = {}
        /// The measured part begins, and ends.
        var measuringBegins: (Progress) -> Void = { _ in }
        var measuringEnds: (Progress) -> Void = { _ in }
        /// Now and then in between.
        var sampleIntervalNanoseconds: UInt64?
        var sample: (Progress, _ elapsedNanoseconds: UInt64) -> Void = { _, _ in }
        /// All workers have ended, the queue is drained and still there.
        var drained: (Progress) -> Void = { _ in }
    }

    func perform(observer: Observer = Observer()) throws(MeasurementError) -> Outcome {
        let isAlternating = load.arrival == .alternating
        let producerCount = isAlternating ? 1 : load.producers
        let consumerCount = isAlternating ? 0 : load.consumers
        let control = RunControl(producers: producerCount)
        let drops = DropCounter()
        let schedules = try makeSchedules(producers: producerCount)
        let recorders = (0..<consumerCount).map { _ in
            schedules.map {
                LatencyRecorder(control: control, schedules: $0, warmupNanoseconds: UInt64(warmupSeconds * 1e9))
            }
        }
        let producers = (0..<producerCount).map { _ in WorkerCounts() }
        let consumers = (0..<consumerCount).map { _ in WorkerCounts() }

        observer.beforeQueue()
        guard let instance = implementation.make(for: load, drops: drops) else {
            throw MeasurementError("\(implementation.id) can't be made for elements of \(load.payloadBytes) bytes")
        }
        if let failure = instance.failure { throw MeasurementError(failure) }
        observer.queueMade()
        let progress = Progress(producers: producers, consumers: consumers, instance: instance)

        let workers = Workers()
        for index in 0..<producerCount {
            let task = ProducerTask(
                control: control,
                counts: producers[index],
                firstNumber: UInt64(index) << ProducerTask.numberBits,
                byteCount: load.payloadBytes,
                offersAgain: load.policy == .block,
                schedule: schedules?[index]
            )
            try start(task, on: instance, alternating: isAlternating, workers)
        }
        for index in 0..<consumerCount {
            let task = ConsumerTask(
                control: control,
                counts: consumers[index],
                serviceNanoseconds: UInt64(load.serviceTimeNanoseconds),
                latency: recorders[index]
            )
            try start(task, on: instance, workers)
        }
        let part = MeasuredPart(
            control: control,
            counts: isAlternating ? producers : consumers,
            workers: producerCount + consumerCount
        )
        let measured = part.conduct(
            warmupSeconds: warmupSeconds,
            durationSeconds: durationSeconds,
            begins: { observer.measuringBegins(progress) },
            ends: { observer.measuringEnds(progress) },
            sampleIntervalNanoseconds: observer.sampleIntervalNanoseconds,
            sample: { observer.sample(progress, $0) }
        )
        while !control.producersAreDone { sleep(nanoseconds: 100_000) }
        waitFor { await instance.close() }
        workers.join()
        observer.drained(progress)
        return gather(measured, progress, drops, recorders.compactMap(\.self), isAlternating: isAlternating)
    }

    private func makeSchedules(producers: Int) throws(MeasurementError) -> [Schedule]? {
        do {
            return try ArrivalSchedule(
                load.arrival,
                durationSeconds: warmupSeconds + durationSeconds,
                producers: producers,
                seed: seed
            )?.startNanoseconds.map(Schedule.init)
        } catch {
            throw MeasurementError("\(error)")
        }
    }

    private func start(
        _ task: ProducerTask,
        on instance: QueueInstance,
        alternating: Bool,
        _ workers: Workers
    ) throws(MeasurementError) {
        switch driver {
        case .threads:
            guard let loops = instance.threads else { throw notDriven }
            let body = alternating ? loops.alternate : loops.produce
            workers.startThread { body(task) }
        case .tasks:
            guard let loops = instance.tasks else { throw notDriven }
            let body = alternating ? loops.alternate : loops.produce
            workers.startTask { await body(task) }
        }
    }

    private func start(
        _ task: ConsumerTask,
        on instance: QueueInstance,
        _ workers: Workers
    ) throws(MeasurementError) {
        switch driver {
        case .threads:
            guard let consume = instance.threads?.consume else { throw notDriven }
            workers.startThread { consume(task) }
        case .tasks:
            guard let consume = instance.tasks?.consume else { throw notDriven }
            workers.startTask { await consume(task) }
        }
    }

    private var notDriven: MeasurementError {
        MeasurementError("\(implementation.id) is not driven by \(driver.rawValue)")
    }

    private func gather(
        _ measured: MeasuredPart.Measured,
        _ progress: Progress,
        _ drops: DropCounter,
        _ recorders: [LatencyRecorder],
        isAlternating: Bool
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
        outcome.refused = Progress.sum(progress.producers) { $0.refused.load(ordering: .relaxed) } + outcome.dropped
        let takers = isAlternating ? progress.producers : progress.consumers
        outcome.taken = Progress.sum(takers) { $0.completed.load(ordering: .relaxed) }
        outcome.acceptedSum = progress.producers.reduce(0) { $0 &+ $1.numberSum.load(ordering: .relaxed) }
        if isAlternating {
            // The one worker counts what it took; what it pushed are the numbers from 0 on.
            outcome.accepted = outcome.offered
            let count = UInt64(outcome.offered)
            outcome.acceptedSum =
                count.isMultiple(of: 2) ? count / 2 &* (count &- 1) : count &* ((count &- 1) / 2)
        }
        outcome.takenSum = takers.reduce(0) { $0 &+ $1.numberSum.load(ordering: .relaxed) }
        outcome.evictedSum = drops.evictedNumberSum.load(ordering: .relaxed)
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

/// A measurement that could not be made, for a reason to be shown.
struct MeasurementError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
