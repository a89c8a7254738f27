import BoundedQueues
import ConcurrencySupport
import Histogram
import Synchronization

/// One queue under one load (or some, each with workers of its own), from the first worker to the drained queue.
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
    /// Whether latencies are recorded, which takes a histogram for each consumer.
    var recordsLatency = true

    /// Moments at which the caller may look on.
    struct Observer {
        /// Before the queue is made, all of the harness's own memory being allocated.
        var beforeQueue: () -> Void = {}
        /// The queue is made, nothing is in it.
        var queueMade: () -> Void = {}
        /// The measured part begins, and ends.
        var measuringBegins: (Progress) -> Void = { _ in }
        var measuringEnds: (Progress) -> Void = { _ in }
        /// Asked when the time is up: whether producers with elements left to offer go on offering them.
        var goesOn: (Progress) -> Bool = { _ in false }
        /// Now and then in between.
        var sampleIntervalNanoseconds: UInt64?
        var sample: (Progress, _ elapsedNanoseconds: UInt64) -> Void = { _, _ in }
        /// All workers have ended, the queue is drained and still there.
        var drained: (Progress) -> Void = { _ in }
    }

    func perform(observer: Observer = Observer()) throws(MeasurementError) -> Outcome {
        let producerCount = load.queues * load.producers
        let consumerCount = load.arrival == .alternating ? 0 : load.queues * load.consumers
        // Where nobody produces, this thread is the one who might; of a round trip it is the other end that must finish.
        let control = RunControl(producers: load.arrival == .idle ? 1 : producerCount)
        let drops = DropCounter()
        let schedules = try makeSchedules(producers: producerCount)
        let recorders = makeRecorders(control, schedules, consumers: consumerCount)
        let producers = (0..<producerCount).map { _ in WorkerCounts() }
        let consumers = (0..<consumerCount).map { _ in WorkerCounts() }

        observer.beforeQueue()
        var instances: [QueueInstance] = []
        for _ in 0..<load.queues { instances.append(try make(drops)) }
        let back = load.arrival == .roundTrip ? try make(drops) : nil
        observer.queueMade()
        let progress = Progress(producers: producers, consumers: consumers, instances: instances)

        let workers = Workers()
        let loops = WorkerLoops(load, driver)
        for index in 0..<producerCount {
            var task = ProducerTask(
                control: control,
                counts: producers[index],
                firstNumber: UInt64(index) << ProducerTask.numberBits,
                byteCount: load.payloadBytes,
                offersAgain: load.overflowPolicy.waitsForRoom,
                schedule: schedules?[index],
                batch: load.batch
            )
            if load.arrival == .roundTrip { task.latency = recorders[index] }
            guard loops.start(task, on: instances[index % load.queues], back, workers) else { throw notDriven }
        }
        for index in 0..<consumerCount {
            let task = ConsumerTask(
                control: control,
                counts: consumers[index],
                serviceNanoseconds: UInt64(load.serviceTimeNanoseconds),
                latency: recorders.isEmpty || load.arrival == .roundTrip ? nil : recorders[index],
                batch: load.batch,
                rests: ConsumerRests(load)
            )
            guard loops.start(task, on: instances[index % load.queues], back, workers) else { throw notDriven }
        }
        let part = MeasuredPart(
            control: control,
            counts: load.producerTakes ? producers : consumers,
            workers: producerCount + consumerCount
        )
        let measured = part.conduct(
            warmupSeconds: warmupSeconds,
            durationSeconds: durationSeconds,
            begins: { observer.measuringBegins(progress) },
            ends: { observer.measuringEnds(progress) },
            goesOn: { !control.producersAreDone && observer.goesOn(progress) },
            sampleIntervalNanoseconds: observer.sampleIntervalNanoseconds,
            sample: { observer.sample(progress, $0) }
        )
        finish(control, instances, back)
        workers.join()
        if schedules != nil, let recorder = recorders.first {
            let end = control.measuringNanoseconds.load(ordering: .relaxed) + UInt64(measured.seconds * 1e9)
            for (index, producer) in producers.enumerated() {
                let offered = Int(producer.offered.load(ordering: .relaxed))
                recorder.recordUnoffered(by: index, from: offered, until: end)
            }
        }
        observer.drained(progress)
        return gather(measured, progress, drops, recorders)
    }

    /// Closes what has to be closed, each when nothing more can enter.
    private func finish(_ control: RunControl, _ instances: [QueueInstance], _ back: QueueInstance?) {
        if load.arrival == .idle { control.producerFinished() }
        if back != nil {
            close(instances)
            control.queueClosed()
        }
        while !control.producersAreDone { sleep(nanoseconds: 100_000) }
        close(back.map { [$0] } ?? instances)
        control.queueClosed()
    }

    private func close(_ instances: [QueueInstance]) {
        waitFor { for instance in instances { await instance.close() } }
    }

    private func make(_ drops: DropCounter) throws(MeasurementError) -> QueueInstance {
        guard let instance = implementation.make(for: load, drops: drops) else {
            throw MeasurementError("\(implementation.id) can't be made for elements of \(load.payloadBytes) bytes")
        }
        if let failure = instance.failure { throw MeasurementError(failure) }
        return instance
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

    /// One for each worker that can tell how long something took.
    private func makeRecorders(_ control: RunControl, _ schedules: [Schedule]?, consumers: Int) -> [LatencyRecorder] {
        if load.arrival == .roundTrip { return [LatencyRecorder(control: control)] }
        guard let schedules, recordsLatency else { return [] }
        let warmup = UInt64(warmupSeconds * 1e9)
        return (0..<consumers).map { _ in
            LatencyRecorder(control: control, schedules: schedules, warmupNanoseconds: warmup)
        }
    }

    private var notDriven: MeasurementError {
        MeasurementError("\(implementation.id) is not driven by \(driver.rawValue) under this load")
    }
}

/// A measurement that could not be made, for a reason to be shown.
struct MeasurementError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
