import Synchronization
import Testing

@testable import BackpressureBenchmark

@Suite("What requests cost")
struct CallerCostTests {
    /// A caller of a subject that grants so many requests and no more.
    private static func cost(grants: Int) -> CallerCost {
        var job = Samples.job()
        (job.warmupSeconds, job.durationSeconds) = (0.01, 0.01)
        return CallerCost(
            job: job,
            callers: 1,
            batch: 1,
            countsGrantsAlone: true,
            patienceNanoseconds: 20_000_000
        ) {
            let left = Atomic<Int>(grants)
            let request: @Sendable (Int) -> Int = { _ in
                left.subtract(1, ordering: .relaxed).oldValue > 0 ? 1 : 0
            }
            return CallerCost.Subject(onThread: request, onTask: request) { asked, granted in
                "\(granted) of \(asked > granted ? "more" : "as many")"
            }
        }
    }

    @Test("has an end, and no figure, where nothing is granted any more; and what is wrong is said")
    func grantsNoMore() async throws {
        let report = try await onOwnThread { () throws(MeasurementError) in try Self.cost(grants: 3).speed() }
        #expect(report.violation == "3 of more")
        #expect(report[.throughput] == nil && report[.cpuTime] == nil)
    }

    @Test("is that of the requests that were granted")
    func grants() async throws {
        let report = try await onOwnThread { () throws(MeasurementError) in try Self.cost(grants: .max).speed() }
        #expect(report[.throughput] ?? 0 > 0 && report[.cpuTime] ?? 0 > 0)
    }
}
