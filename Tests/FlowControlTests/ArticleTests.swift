import BackpressureTesting
import BoundedQueues
import CircuitBreakers
import FlowControl
import Testing

/// What the articles show, as far as it can be run: if this no longer builds, they are wrong.
@Suite("Examples of the articles on flow control", .timeLimit(.minutes(3)))
struct ArticleTests {
    private struct Order: Sendable {
        var text: String

        init(parsing text: String) throws {
            if text.isEmpty { throw Malformed() }
            self.text = text
        }
    }

    private struct Database: Sendable {
        let rows = Arrivals<String>()

        func insert(_ batch: [String]) async throws { for row in batch { rows.add(row) } }
        func insert(_ order: Order) async throws { rows.add(order.text) }
    }

    private struct Prices: Sendable {
        func complete(_ order: Order) async throws -> Order { order }
    }

    @Test("Flow-control signals")
    func signals() async throws {
        let signals = FlowSignals(interval: .milliseconds(1), longestDelay: .milliseconds(100))

        let consumer = signals.makeConsumer()
        consumer.set(.throttle(0.25), reason: .latency)

        try await signals.permission()
        #expect(signals.statistics().delayed == 1)
        consumer.withdraw()

        let queue = MutexQueue<Int>(capacity: 2)
        let depth = DepthSignal(signals.makeConsumer(), watermarks: DepthWatermarks(low: 0.5, high: 0.9))
        _ = await queue.push(1)
        queue.close()
        while let element = await queue.pop() {
            await depth.update(from: queue)
            #expect(element == 1)
        }

        for await signal in signals.changes {
            #expect("\(signal.level), because of \(signal.reason)" == "resume, because of none")
            break
        }
    }

    @Test("Watermark controller")
    func controller() async throws {
        let (database, signals, event) = (Database(), FlowSignals(), "event")
        let undeliverable = DeadLetterQueue<String>(limit: 1_000)

        let controller = WatermarkController(
            queue: RingQueue<String>(capacity: 10_000),
            pacing: FlushPacing(target: .milliseconds(50), batch: 100, batches: 10...1_000),
            retry: RetryBackoff(attempts: 5, first: .milliseconds(50), longest: .seconds(5)),
            deadLetters: undeliverable,
            signals: signals
        ) { batch in
            try await database.insert(batch)
            return .delivered
        }

        async let running: Void = controller.run()
        await controller.push(event)

        try await controller.drain()
        let left = await controller.drain(within: .seconds(10))
        await running
        #expect(left.isEmpty)
        #expect(database.rows.all == [event])
    }

    @Test("Pipelines")
    func pipeline() async throws {
        let (database, prices) = (Database(), Prices())
        let lines = AsyncStream { continuation in
            for line in ["a", "", "b"] { continuation.yield(line) }
            continuation.finish()
        }
        let undeliverable = DeadLetterQueue<PipelineElement>(limit: 1_000)

        let pipeline = Pipeline.source(of: String.self, deadLetters: undeliverable)
            .stage("parse", concurrency: 2, capacity: 64) { try Order(parsing: $0) }
            .stage("price", concurrency: 8, capacity: 64, keepsOrder: true) { try await prices.complete($0) }
            .sink("store", retry: RetryBackoff(attempts: 3)) { try await database.insert($0) }

        async let running = pipeline.run()
        for await line in lines { await pipeline.push(line) }
        await pipeline.finish()
        _ = try await running

        let statistics = await pipeline.statistics()
        if let narrow = statistics.bottleneck {
            #expect(narrow.utilization > 0)
        }
        #expect(database.rows.all.sorted() == ["a", "b"])
        #expect(undeliverable.statistics.inside == 1)
    }
}
