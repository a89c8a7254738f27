/// Some producers and some consumers on one stage, stepped in a random order that its seed replays; half of the runs cancel
/// some of them.
struct RandomSchedule<Taken: Sendable> {
    private let stage: Stage
    private let expectations: Expectations
    private let cancels: Bool
    private let producers: [StagedTask<[Int]>]
    private let consumers: [StagedTask<[Taken]>]
    private var generator: SeededGenerator

    /// - Parameters:
    ///   - elements: each producer's; element e is the producer's number times 1000 and something.
    ///   - push: pushes an element; `false`: it wasn't accepted, and its producer ends.
    ///   - pop: takes an element; `nil`: its consumer ends.
    init(
        on stage: Stage,
        producers: Int,
        consumers: Int,
        elements: Int,
        seed: UInt64,
        expectations: Expectations,
        push: @escaping @Sendable (Int) async -> Bool,
        pop: @escaping @Sendable () async -> Taken?
    ) {
        self.stage = stage
        self.expectations = expectations
        cancels = seed % 2 == 1
        generator = SeededGenerator(seed: seed)
        self.producers = (0..<producers).map { producer in
            stage.start {
                var accepted: [Int] = []
                for element in producer * 1_000..<producer * 1_000 + elements {
                    guard await push(element) else { break }
                    accepted.append(element)
                }
                return accepted
            }
        }
        self.consumers = (0..<consumers).map { _ in
            stage.start {
                var taken: [Taken] = []
                while let next = await pop() { taken.append(next) }
                return taken
            }
        }
    }

    /// Runs all to their ends, which they must reach.
    ///
    /// - Parameters:
    ///   - depth: how many elements are inside.
    ///   - close: closes the queue.
    /// - Returns: what the producers know was accepted, sorted, and what each consumer took.
    mutating func run(
        depth: () async throws(ConformanceFailure) -> Int,
        close: () async throws(ConformanceFailure) -> Void
    ) async throws(ConformanceFailure) -> (accepted: [Int], taken: [[Taken]]) {
        await stepAll { [producers] in producers.allSatisfy { $0.value != nil } }
        let waiting = producers.count { $0.value == nil }
        if waiting > 0 {
            let depth = try await depth()
            try await close()
            throw expectations.failure(
                "every push to return while there are consumers",
                but: "\(waiting) producers wait and no task is ready; the queue holds \(depth) elements"
            )
        }
        try await close()
        await stepAll { [consumers] in consumers.allSatisfy { $0.value != nil } }
        let stuck = consumers.count { $0.value == nil }
        try expectations.expect(
            stuck == 0,
            "every pop to return once the queue is closed",
            but: "\(stuck) consumers still wait and no task is ready"
        )
        return (producers.flatMap { $0.value ?? [] }.sorted(), consumers.map { $0.value ?? [] })
    }

    /// Runs ready jobs in a random order, and now and then cancels a task. The first consumer is never cancelled, so that
    /// there is always someone to make room.
    private mutating func stepAll(until isDone: () -> Bool) async {
        await stage.settle(using: &generator, until: isDone) { [cancels, producers, consumers] generator in
            guard cancels, Int.random(in: 0..<40, using: &generator) == 0 else { return }
            if Bool.random(using: &generator) {
                producers.randomElement(using: &generator)?.cancel()
            } else {
                consumers.dropFirst().randomElement(using: &generator)?.cancel()
            }
        }
    }
}
