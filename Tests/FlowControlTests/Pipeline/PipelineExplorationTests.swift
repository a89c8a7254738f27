import BackpressureTesting
import BoundedQueues
import CircuitBreakers
import ConcurrencySupport
import FlowControl
import Testing

/// Elements, failures, cancellations and shutdowns in many orders: at the end each element is in one place.
@Suite("Pipelines in many schedules")
struct PipelineExplorationTests {
    enum Shutdown: String, CaseIterable {
        case finish, cancelAndDrain, giveBack, cancelTwiceAndGiveBack
    }

    /// None, one or two, none of which is among the numbers that go in.
    private static func shares(of number: Int) -> [Int] {
        switch number % 4 {
        case 0: []
        case 1: [number * 10, number * 10 + 1]
        default: [number * 10]
        }
    }

    private static func play(_ shutdown: Shutdown, _ queues: some StageQueueFactory, _ exploration: TaskExploration) {
        let letters = PipelineLetters()
        let arrivals = Arrivals<Int>()
        let clock = ManualClock()
        let pipeline = Pipeline.source(of: Int.self, queues: queues, deadLetters: letters, clock: clock)
            .stage("first", concurrency: 2, capacity: 1, keepsOrder: true) { number -> Int in
                await Task.yield()
                if Task.isCancelled { throw CancellationError() }
                if number % 4 == 3 { throw Malformed() }
                return number
            }
            .flatMap("share", concurrency: 2, capacity: 1, keepsOrder: true) { number in
                await Task.yield()
                return shares(of: number)
            }
            .sink("last", concurrency: 1, capacity: 1) { arrivals.add($0) }
        let running = exploration.task("run") { _ = try await pipeline.run() }
        let returned = exploration.task("producer") {
            var returned: [Int] = []
            for number in 0..<8 {
                if let element = await pipeline.push(number).returned { returned.append(element) }
            }
            return returned
        }
        let left = exploration.task("shutdown") { () -> [Int] in
            for _ in 0..<4 { await Task.yield() }
            switch shutdown {
            case .finish:
                try await pipeline.drain()
                return []
            case .cancelAndDrain:
                running.cancel()
                try await pipeline.drain()
                return []
            case .cancelTwiceAndGiveBack:
                running.cancel()
                while !running.hasEnded { await Task.yield() }
            case .giveBack: break
            }
            return await pipeline.drain(within: .zero).compactMap { $0.element.value as? Int }
        }
        exploration.check {
            let lost = letters.letters.compactMap { $0.element.value as? Int }
            let all = arrivals.all + lost + returned.value + left.value
            let whole = Set(all)
            // Each number came out as a whole, or as all of its shares.
            let expected = (0..<8).flatMap { whole.contains($0) ? [$0] : shares(of: $0) }
            exploration.expect(all.sorted() == expected.sorted(), "\(all.sorted()) came out of 0..<8")
            exploration.expect(arrivals.all == arrivals.all.sorted(), "\(arrivals.all) is out of order")
            let statistics = await pipeline.statistics()
            exploration.expect(statistics.isBalanced && statistics.inside == 0, "\(statistics)")
        }
    }

    @Test("Every element is in one place at the end, whenever it is shut down", arguments: Shutdown.allCases)
    func conservation(shutdown: Shutdown) {
        let explorer = TaskExplorer(schedules: 80, seed: 11)
        let mutex = explorer.explore { Self.play(shutdown, .mutex, $0) }
        #expect(mutex.passed, "\(mutex)")
        let ring = explorer.explore { Self.play(shutdown, .ring, $0) }
        #expect(ring.passed, "\(ring)")
    }

    /// An actor queue ends a cancelled wait by a task of its own, which the explorer doesn't step.
    @Test("On actor queues too, if nothing is cancelled")
    func actors() {
        let report = TaskExplorer(schedules: 60, seed: 12).explore { Self.play(.finish, .actor, $0) }
        #expect(report.passed, "\(report)")
    }
}
