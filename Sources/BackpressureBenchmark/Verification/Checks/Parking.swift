import BoundedQueues

extension VerificationCheck {
    /// Threads that park: none is left behind, whoever waits. A thread that sleeps for ever is found by the check's time
    /// limit.
    static let parking = VerificationCheck(
        id: "parking",
        mechanism: .queue,
        summary: "parked threads: with many more waiting than there is room for, none sleeps for ever",
        fixedSeconds: 0.2,
        share: 0.2,
        mostSeconds: 60,
        cases: [.shape],
        reasonAgainst: { subject in
            guard case .queue(let queue) = subject else { return "for queues" }
            guard let make = queue.words else { return "no elements of 8 bytes" }
            let isParking =
                queue.parksThreads
                ?? (make(QueueSetup(capacity: 1, policy: .block, onDrop: { _, _ in })).parkingThreads != nil)
            return isParking && queue.role == .contender ? nil : "no thread can park in it"
        },
        perform: { subject, effort in
            guard case .queue(let queue) = subject else { return [] }
            return await onConductor {
                let end = ContinuousClock.now + .seconds(effort.seconds)
                var tally = (operations: 0, successes: 0)
                repeat {
                    for capacity in [1, 2, 64] {
                        for workers in [1, 2, 6] where effort.includes(capacity: capacity, (workers, workers)) {
                            var load = QueueLoad.plain
                            load.waiting = .park
                            load.capacity = capacity
                            load.producers = min(workers, queue.maxProducers ?? .max)
                            load.consumers = min(workers, queue.maxConsumers ?? .max)
                            // Consumers that stop now and then leave all producers waiting.
                            load.serviceTimeNanoseconds = workers == 2 ? 20_000 : 0
                            let run = QueueRun(
                                implementation: queue,
                                load: load,
                                driver: .threads,
                                seed: effort.seed,
                                warmupSeconds: 0,
                                durationSeconds: 0.01
                            )
                            let replay = VerificationReplay(
                                seed: effort.seed,
                                only: VerificationCase(capacity: capacity, (workers, workers))
                            )
                            do throws(MeasurementError) {
                                let outcome = try run.perform()
                                tally.operations += outcome.offered + outcome.taken
                                tally.successes += outcome.taken
                                if let violation = outcome.violation {
                                    return [.failed("parking", "everyone wakes", tally, violation, replay)]
                                }
                            } catch {
                                return [.failed("parking", "everyone wakes", tally, "\(error)", replay)]
                            }
                        }
                    }
                } while ContinuousClock.now < end
                return [.passed("parking", "everyone wakes", operations: tally.operations, successes: tally.successes)]
            }
        }
    )
}

extension QueueLoad {
    /// One producer and one consumer of small elements, as fast as they can.
    static let plain = QueueLoad(
        producers: 1,
        consumers: 1,
        capacity: 64,
        payloadBytes: 8,
        policy: .block,
        arrival: .closedLoop,
        serviceTimeNanoseconds: 0
    )
}
