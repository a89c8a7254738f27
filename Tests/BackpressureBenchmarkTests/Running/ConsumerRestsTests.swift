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

    private let start: UInt64 = 7_000

    private var control: RunControl {
        let control = RunControl(producers: 1)
        control.startNanoseconds.store(start, ordering: .relaxed)
        return control
    }

    @Test("work and rest in turn, each as long as it was told")
    func phases() throws {
        let rests = try #require(ConsumerRests(load(work: 300, rest: 200)))
        func end(_ elapsed: UInt64) -> UInt64? { rests.end(control, atNanoseconds: start + elapsed) }
        #expect(end(0) == nil && end(299) == nil)
        #expect(end(300) == start + 500 && end(499) == start + 500)
        #expect(end(500) == nil && end(799) == nil)
        #expect(end(800) == start + 1_000)
    }

    @Test("don't rest once the run is over, nor if nobody said so")
    func never() throws {
        let rests = try #require(ConsumerRests(load(work: 1, rest: 1_000)))
        let over = control
        #expect(rests.end(over, atNanoseconds: start + 500) != nil)
        over.phase.store(.stopping, ordering: .relaxed)
        #expect(rests.end(over, atNanoseconds: start + 500) == nil)
        #expect(ConsumerRests(load(work: 0, rest: 0)) == nil)
    }
}
