import Histogram
import Synchronization
import Testing

@testable import BackpressureBenchmark

@Suite("Figures of one queue", .serialized)
struct QueueMeasurementTests {
    private let always: [Metric] = [.throughput, .cpuTime, .contextSwitches]
    private let latencies: [Metric] = [.latencyP50, .latencyP90, .latencyP99, .latencyP999, .latencyMax]
    private let accounted: [Metric] = [.allocations, .allocatedBytes, .peakAllocated, .retained]

    private func measure(
        _ change: (inout QueueLoad) -> Void = { _ in },
        kind: MeasurementJob.Kind = .speed,
        driver: Scenario.Driver = .threads
    ) async throws -> MeasurementReport {
        var load = Samples.queueLoad
        change(&load)
        var job = Samples.job(Samples.scenario("sample", .queue(load)), kind: kind)
        // Long enough for something to happen on a busy machine too.
        job.durationSeconds = 0.2
        job.driver = driver
        let mutex = Registry.builtIn.queues[0]
        return try await onOwnThread { [load, job] () throws(MeasurementError) in
            let measurement = QueueMeasurement(
                job: job,
                load: load,
                implementation: mutex,
                measuredByYardstick: nil
            )
            return kind == .speed ? try measurement.speed() : try measurement.memory()
        }
    }

    private func names(_ metrics: [Metric]) -> Set<String> { Set(metrics.map(\.name)) }

    @Test("include latency where elements have intended start times, and only there")
    func latency() async throws {
        #expect(try await Set(measure().metrics.keys) == names(always))
        let open = try await measure { $0.arrival = .constant(ratePerSecond: 10_000) }
        #expect(Set(open.metrics.keys) == names(always + latencies))
        let values = latencies.compactMap { open[$0] }
        #expect(values == values.sorted())
    }

    @Test("know of elements that were due and that nobody offered any more")
    func unoffered() {
        let control = RunControl(producers: 1)
        control.startNanoseconds.store(1_000, ordering: .relaxed)
        let recorder = LatencyRecorder(
            control: control,
            schedules: [Schedule([0, 10, 20, 30, 500])],
            warmupNanoseconds: 15
        )
        recorder.recordUnoffered(by: 0, from: 1, until: 1_100)
        #expect(recorder.histogram.totalCount == 2, "two of four: one was for warming up, one wasn't due")
        #expect(recorder.histogram.max == 80 && recorder.histogram.min == 70)
        recorder.recordUnoffered(by: 0, from: 5, until: 1_100)
        #expect(recorder.histogram.totalCount == 2)
    }

    @Test("count each element that a task takes, where there are few", arguments: [1, 4])
    func fewElements(batch: Int) async throws {
        let few = { (load: inout QueueLoad) in
            (load.arrival, load.batch) = (batch == 1 ? .constant(ratePerSecond: 150) : .closedLoop, batch)
            if batch > 1 { load.serviceTimeNanoseconds = 5_000_000 }
        }
        let report = try await measure(few, driver: .tasks)
        #expect(report[.throughput].map { $0 > 0 } == true)
    }

    @Test("of a round trip are its throughput and latency")
    func roundTrip() async throws {
        let report = try await measure { $0.arrival = .roundTrip }
        #expect(Set(report.metrics.keys) == names(always + latencies))
        #expect(report[.throughput].map { $0 > 0 } == true)
    }

    @Test("of waiting in vain are the processor time, and nothing by the element")
    func idle() async throws {
        let report = try await measure {
            ($0.arrival, $0.waiting, $0.producers) = (.idle, .park, 0)
        }
        #expect(Set(report.metrics.keys) == names([.idleCPU]))
        #expect(report[.idleCPU].map { $0 >= 0 && $0.isFinite } == true)
    }

    @Test("of a queue that spills include how much it did")
    func spilling() async throws {
        let report = try await measure {
            $0.policy = .spill
            $0.policySettings.spillLimit = 100
            $0.serviceTimeNanoseconds = 100_000
        }
        #expect(Set(report.metrics.keys) == names(always + [.refusedShare, .evictedShare, .spilledShare]))
        #expect(report[.spilledShare].map { $0 > 0 && $0 <= 1 } == true)
    }

    @Test("include what was given up where the policy gives up elements, and only there")
    func shares() async throws {
        let report = try await measure {
            $0.policy = .dropOldest
            $0.serviceTimeNanoseconds = 100_000
        }
        #expect(Set(report.metrics.keys) == names(always + [.refusedShare, .evictedShare]))
        #expect(report[.refusedShare] == 0)
        #expect(report[.evictedShare].map { $0 > 0 && $0 < 1 } == true)
    }

    @Test("are of memory alone where memory is accounted", .enabled(if: Jemalloc.isAccounting))
    func memory() async throws {
        let report = try await measure(kind: .memory)
        #expect(Set(report.metrics.keys) == names(accounted))
        #expect(report.metrics.values.allSatisfy { $0.isFinite && $0 >= 0 })
        #expect(!report.memory.isEmpty && report.memory.allSatisfy { $0.depth == nil })
    }

    @Test("keep at most a hundred points of a curve, evenly chosen")
    func thinning() {
        func curve(_ count: Int) -> [MemorySample] {
            (0..<count).map { Samples.heartbeat(milliseconds: $0, allocated: 1).memory }
        }
        #expect(thin(curve(0)).isEmpty)
        #expect(thin(curve(100)).count == 100)
        let thinned = thin(curve(250)).map { $0.elapsedNanoseconds / 1_000_000 }
        #expect(thinned == Array(stride(from: 0, to: 250, by: 3)))
    }
}
