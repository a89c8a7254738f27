import ConcurrencySupport
import Synchronization
import Testing

@testable import BackpressureBenchmark

@Suite("The thread that only sleeps, beside callers that wait", .timeLimit(.minutes(5)))
struct TimerYardstickTests {
    @Test("It sleeps until moments of its grid, and is never early")
    func run() throws {
        let control = RunControl(producers: 1)
        let timer = TimerYardstick(intervalNanoseconds: 1_000_000, durationNanoseconds: 50_000_000)
        let workers = Workers()
        workers.startThread { timer.run(control) }
        control.startNanoseconds.store(SystemNanosecondClock().nanoseconds(), ordering: .relaxed)
        control.phase.store(.measuring, ordering: .releasing)
        workers.join()
        #expect((1...50).contains(timer.latenessNanoseconds.count))
        #expect(timer.keptShare > 0 && timer.keptShare <= 1)
        #expect(timer.latenessNanoseconds.allSatisfy { $0 < 1 << 62 })
        #expect(timer.cpuNanoseconds > 0)
    }
}
