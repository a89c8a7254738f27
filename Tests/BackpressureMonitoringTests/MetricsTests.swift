import BackpressureMonitoring
import BackpressureTesting
import ConcurrencySupport
import Logging
import Metrics
import MetricsTestKit
import Testing

@Suite("Metrics")
struct MetricsTests {
    private let clock = ManualClock()
    private let metrics = TestMetrics()

    private func monitor() -> LagMonitor {
        LagMonitor(clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, metrics: metrics)
    }

    private let dimensions = [(MetricNames.name, "orders"), (MetricNames.kind, "queue")]

    @Test("Everything is exported under the documented names, with its name and kind, and nothing else is")
    func namesAndValues() async throws {
        let subject = Subject(capacity: 20)
        let monitor = monitor()
        let recorder = monitor.watch("orders", subject)
        await monitor.read()
        clock.advance(by: .seconds(2))
        subject.move(arrived: 10, departed: 4, turnedAway: 3)
        recorder.record(.milliseconds(1))
        await monitor.read()

        func meter(_ name: String) throws -> Double? { try metrics.expectMeter(name, dimensions).lastValue }
        #expect(try meter(MetricNames.depth) == 6)
        #expect(try meter(MetricNames.capacity) == 20)
        #expect(try meter(MetricNames.lagElements) == 6)
        #expect(try meter(MetricNames.utilization) == 0.3)
        #expect(try meter(MetricNames.throughput) == 2)
        #expect(try meter(MetricNames.level) == 2)
        // The fifth of ten that came evenly in two seconds.
        #expect(abs((try meter(MetricNames.lagSeconds) ?? 0) - 1.2) < 1e-6)
        for quantile in ["0.5", "0.95", "0.99", "0.999"] {
            let latency = try metrics.expectMeter(
                MetricNames.latencySeconds,
                dimensions + [(MetricNames.quantile, quantile)]
            )
            #expect((0.001...0.00101).contains(latency.lastValue ?? 0))
        }
        let found = Set(metrics.meters.map(\.label)).union(metrics.counters.map(\.label))
        #expect(found == Set(MetricNames.all))
        #expect(Set(MetricNames.all).count == MetricNames.all.count)
        #expect(metrics.recorders.isEmpty && metrics.timers.isEmpty)
    }

    @Test("Counters go up by what came since the reading before, so that they are the subject's own counts")
    func countersFollow() async throws {
        let subject = Subject(capacity: 20)
        subject.move(arrived: 5, departed: 2)
        let monitor = monitor()
        monitor.watch("orders", subject)
        for _ in 0..<10 {
            clock.advance(by: .seconds(1))
            subject.move(arrived: 3, departed: 3, turnedAway: 1)
            await monitor.read()
            await monitor.read()
        }
        #expect(metrics.counterTotal(label: MetricNames.arrived) == 35)
        #expect(metrics.counterTotal(label: MetricNames.departed) == 32)
        #expect(metrics.counterTotal(label: MetricNames.turnedAway) == 10)
    }

    @Test("What doesn't apply is not exported")
    func nothingWithoutAValue() async {
        let monitor = monitor()
        monitor.watch("breaker", Probe { Gauges(kind: "breaker", strain: 0.5, state: "closed") })
        await monitor.read()
        clock.advance(by: .seconds(1))
        await monitor.read()
        #expect(metrics.meters.map(\.label) == [MetricNames.level])
        #expect(metrics.counters.map(\.label) == [MetricNames.levelChanges])
    }

    @Test("How many metrics there are depends on what is watched, and on nothing else")
    func cardinalityIsBounded() async {
        let subject = Subject(capacity: 1_000)
        let monitor = monitor()
        let recorder = monitor.watch("orders", subject)
        var random = SeededGenerator(seed: 4)
        for number in 0..<200 {
            clock.advance(by: .milliseconds(400))
            subject.move(arrived: number % 7, departed: 0, turnedAway: number % 3)
            subject.set { $0.state = "state \(number)" }
            recorder.record(nanoseconds: .random(in: 0 ... .max, using: &random))
            await monitor.read()
        }
        #expect(metrics.meters.count + metrics.counters.count == MetricNames.all.count + 3)
    }

    @Test("What is watched no longer takes its metrics back")
    func metricsAreDestroyed() async {
        let monitor = monitor()
        monitor.watch("orders", Subject())
        monitor.watch("mails", Subject())
        await monitor.read()
        monitor.stopWatching("orders")
        #expect(metrics.meters.allSatisfy { $0.dimensions.contains { $0 == (MetricNames.name, "mails") } })
        #expect(!metrics.meters.isEmpty)
    }

    @Test("A reading that is under way while something stops being watched makes no metrics of it any more")
    func nothingIsMadeAfterwards() async {
        let stopping = StoppingMetrics(made: metrics)
        let monitor = LagMonitor(
            clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            metrics: stopping
        )
        stopping.afterFirstValue.withLock { $0 = { monitor.stopWatching("orders") } }
        monitor.watch("orders", Subject(capacity: 20))
        await monitor.read()
        #expect(stopping.afterFirstValue.withLock { $0 == nil })
        #expect(metrics.meters.isEmpty && metrics.counters.isEmpty)
    }

    /// Metrics that do something else, once, when the first of them has been given a value.
    private final class StoppingMetrics: MetricsFactory {
        let made: TestMetrics
        let afterFirstValue = Lock<(@Sendable () -> Void)?>(nil)

        init(made: TestMetrics) { self.made = made }

        private final class StoppingMeter: MeterHandler {
            let meter: any MeterHandler
            let metrics: StoppingMetrics

            init(_ meter: any MeterHandler, _ metrics: StoppingMetrics) {
                self.meter = meter
                self.metrics = metrics
            }

            func set(_ value: Int64) { set(Double(value)) }
            func set(_ value: Double) {
                meter.set(value)
                metrics.afterFirstValue.withLock { $0.take() }?()
            }
            func increment(by amount: Double) { meter.increment(by: amount) }
            func decrement(by amount: Double) { meter.decrement(by: amount) }
        }

        func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
            StoppingMeter(made.makeMeter(label: label, dimensions: dimensions), self)
        }

        func destroyMeter(_ handler: any MeterHandler) {
            if let stopping = handler as? StoppingMeter { made.destroyMeter(stopping.meter) }
        }

        func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
            made.makeCounter(label: label, dimensions: dimensions)
        }

        func destroyCounter(_ handler: any CounterHandler) { made.destroyCounter(handler) }

        func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
            made.makeRecorder(label: label, dimensions: dimensions, aggregate: aggregate)
        }

        func destroyRecorder(_ handler: any RecorderHandler) { made.destroyRecorder(handler) }

        func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
            made.makeTimer(label: label, dimensions: dimensions)
        }

        func destroyTimer(_ handler: any TimerHandler) { made.destroyTimer(handler) }
    }
}
