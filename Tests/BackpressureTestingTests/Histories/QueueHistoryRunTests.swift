import Backpressure
import BackpressureTesting
import Testing

@Suite("Histories recorded from threads", .serialized, .timeLimit(.minutes(5)))
struct QueueHistoryRunTests {
    /// Producers and consumers.
    struct Shape: CustomTestStringConvertible, Sendable {
        let producers: Int
        let consumers: Int
        var testDescription: String { "\(producers)x\(consumers)" }

        static let all = [Shape(1, 1), Shape(2, 2), Shape(3, 1)]

        init(_ producers: Int, _ consumers: Int) {
            self.producers = producers
            self.consumers = consumers
        }

        func run(operations: Int = 4_000) -> QueueHistoryRun {
            QueueHistoryRun(producers: producers, consumers: consumers, operations: operations, seed: 7)
        }
    }

    private static let capacities = [1, 2, 3, 1_024]

    private func expectPass(_ verdict: QueueHistoryVerdict) {
        for check in HistoryCheck.allCases {
            #expect(
                verdict.outcome(of: check) == .pass,
                "\(verdict.faults.values.map(\.description)) \(verdict.shortfalls)"
            )
        }
        #expect(verdict.operationsSearched > 0)
        #expect(verdict.seed == nil)
    }

    @Test("The queue behind a lock is linearizable", arguments: capacities, Shape.all)
    func mutexQueue(capacity: Int, shape: Shape) {
        expectPass(shape.run().judge(.strict, windowsPerRound: 100) { MutexQueue<UInt64>(capacity: capacity) })
    }

    @Test("The ring is right but for refusals while others are at work", arguments: capacities, Shape.all)
    func relaxedRing(capacity: Int, shape: Shape) {
        expectPass(shape.run().judge(.relaxed, windowsPerRound: 100) { RingQueue<UInt64>(capacity: capacity) })
    }

    @Test("The strict ring is linearizable", arguments: capacities, Shape.all)
    func strictRing(capacity: Int, shape: Shape) {
        expectPass(
            shape.run().judge(.strict, windowsPerRound: 100) {
                RingQueue<UInt64>(capacity: capacity, consistency: .strict)
            }
        )
    }

    @Test("The ring for one producer and one consumer is linearizable", arguments: capacities)
    func singleRing(capacity: Int) {
        // At rest one thread does both, which is all right: the others have ended.
        expectPass(
            Shape(1, 1).run().judge(.strict, windowsPerRound: 100) { SingleRingQueue<UInt64>(capacity: capacity) }
        )
    }

    @Test("A history of the portable clock is judged alike")
    func monotonicClock() {
        var run = Shape(2, 2).run()
        run.clock = .monotonic
        expectPass(
            run.judge(.strict, windowsPerRound: 100) {
                let history = $0.record(MutexQueue<UInt64>(capacity: 2))
                #expect(history.ticksPerNanosecond == 1)
                return history
            }
        )
    }

    @Test("A run ends with the queue drained, filled and drained, and each thread's operations are its own")
    func shapeOfHistory() {
        let run = QueueHistoryRun(producers: 2, consumers: 1, operations: 3_000, stallsThreads: false)
        let history = run.record(MutexQueue<UInt64>(capacity: 5))
        #expect(history.isDrained)
        #expect(history.capacity == 5)
        let rest = history.events.filter { $0.thread == 3 }.drop { $0.kind == .popTook }
        let filling = [QueueEvent.Kind](repeating: .pushAccepted, count: 5) + [.pushSaidFull]
        let draining = [QueueEvent.Kind](repeating: .popTook, count: 5) + [.popSaidEmpty]
        #expect(rest.map(\.kind) == [.popSaidEmpty] + filling + draining)
        for thread in 0..<3 {
            let events = history.events.filter { $0.thread == thread }
            #expect(events.count <= 1_000)
            #expect(events.allSatisfy { ($0.kind == .pushAccepted || $0.kind == .pushSaidFull) == (thread < 2) })
        }
    }
}
