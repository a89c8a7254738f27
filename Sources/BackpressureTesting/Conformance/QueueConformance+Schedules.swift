internal import Backpressure

/// Random orders of steps, each of which its seed replays.
extension QueueConformance {
    func checkSchedules(_ expectations: Expectations) async throws(ConformanceFailure) {
        for capacity in [1, 2, 3] {
            for seed in 0..<UInt64(60) {
                let expectations = expectations.with("capacity \(capacity), seed \(seed)")
                let queue = StagedQueue(makeQueue(capacity), expectations)
                var schedule = Schedule(queue: queue, tasks: atOnce(3), seed: seed, expectations: expectations)
                try await schedule.run()
            }
        }
    }
}

/// Some producers and as many consumers on one stage, stepped in a random order; half of the runs cancel some of them.
private struct Schedule<Queue: BoundedQueue<Int>> {
    private static var elementsPerProducer: Int { 12 }

    private let queue: StagedQueue<Queue>
    private let expectations: Expectations
    private let cancels: Bool
    private let producers: [StagedTask<[Int]>]
    private let consumers: [StagedTask<[Int]>]
    private var generator: SeededGenerator

    init(queue: StagedQueue<Queue>, tasks: Int, seed: UInt64, expectations: Expectations) {
        self.queue = queue
        self.expectations = expectations
        cancels = seed % 2 == 1
        generator = SeededGenerator(seed: seed)
        let base = queue.base
        producers = (0..<tasks).map { producer in
            queue.stage.start {
                var accepted: [Int] = []
                for element in producer * 1_000..<producer * 1_000 + Self.elementsPerProducer {
                    guard await base.push(element).isAccepted else { break }
                    accepted.append(element)
                }
                return accepted
            }
        }
        consumers = (0..<tasks).map { _ in
            queue.stage.start {
                var taken: [Int] = []
                while let element = await base.pop() { taken.append(element) }
                return taken
            }
        }
    }

    mutating func run() async throws(ConformanceFailure) {
        await stepAll { [producers] in producers.allSatisfy { $0.value != nil } }
        let waiting = producers.count { $0.value == nil }
        if waiting > 0 {
            let depth = try await queue.statistics().depth
            try await queue.close()
            throw expectations.failure(
                "every push to return while there are consumers",
                but: "\(waiting) producers wait and no task is ready; the queue holds \(depth) of \(queue.capacity)"
            )
        }
        try await queue.close()
        await stepAll { [consumers] in consumers.allSatisfy { $0.value != nil } }
        let stuck = consumers.count { $0.value == nil }
        try expectations.expect(
            stuck == 0,
            "every pop to return once the queue is closed",
            but: "\(stuck) consumers still wait and no task is ready"
        )
        try compare()
    }

    private func compare() throws(ConformanceFailure) {
        let accepted = producers.flatMap { $0.value ?? [] }.sorted()
        let taken = consumers.map { $0.value ?? [] }
        try expectations.expectEqual(taken.flatMap(\.self).sorted(), accepted, "what was taken in all")
        for elements in taken {
            for producer in producers.indices {
                let own = elements.filter { $0 / 1_000 == producer }
                try expectations.expect(
                    own == own.sorted(),
                    "each consumer to take the elements of a producer in order",
                    but: "one took \(own)"
                )
            }
        }
    }

    /// Runs ready jobs in a random order, and now and then cancels a task. The first consumer is never cancelled, so that
    /// there is always someone to make room.
    private mutating func stepAll(until isDone: () -> Bool) async {
        await queue.stage.settle(using: &generator, until: isDone) { [cancels, producers, consumers] generator in
            guard cancels, Int.random(in: 0..<40, using: &generator) == 0 else { return }
            if Bool.random(using: &generator) {
                producers.randomElement(using: &generator)?.cancel()
            } else {
                consumers.dropFirst().randomElement(using: &generator)?.cancel()
            }
        }
    }
}
