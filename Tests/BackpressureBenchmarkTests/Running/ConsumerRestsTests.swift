import ConcurrencySupport
import Synchronization
import Testing

@testable import BackpressureBenchmark

@Suite("Consumers that rest")
struct ConsumerRestsTests {
    private func load(work: Int, rest: Int) -> QueueLoad {
        var load = Samples.queueLoad
        (load.consumersWorkNanoseconds, load.consumersRestNanoseconds) = (work, rest)
        return load
    }

    /// A run that began so many nanoseconds ago.
    private func control(begun nanoseconds: UInt64) -> (control: RunControl, start: UInt64) {
        let control = RunControl(producers: 1)
        let start = SystemNanosecondClock().nanoseconds() - nanoseconds
        control.startNanoseconds.store(start, ordering: .relaxed)
        return (control, start)
    }

    @Test("work and rest in turn, each as long as it was told")
    func phases() throws {
        let hour: UInt64 = 3_600_000_000_000
        let rests = try #require(ConsumerRests(load(work: Int(hour), rest: Int(hour))))
        let (working, _) = control(begun: hour / 2)
        #expect(rests.end(working) == nil)
        let (resting, start) = control(begun: hour + hour / 2)
        #expect(rests.end(resting) == start + 2 * hour)
        let (again, _) = control(begun: 2 * hour + hour / 2)
        #expect(rests.end(again) == nil)
    }

    @Test("don't rest once the run is over, nor if nobody said so")
    func never() throws {
        let rests = try #require(ConsumerRests(load(work: 1, rest: 1_000_000_000_000)))
        let (over, _) = control(begun: 1_000)
        #expect(rests.end(over) != nil)
        over.phase.store(.stopping, ordering: .relaxed)
        #expect(rests.end(over) == nil)
        #expect(ConsumerRests(load(work: 0, rest: 0)) == nil)
    }
}
