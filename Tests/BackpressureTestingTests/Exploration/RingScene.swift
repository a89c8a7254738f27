import BackpressureTesting
import ConcurrencySupport

@testable import BoundedQueues

/// Some producers and consumers on a ring of model words, as an exploration runs them.
struct RingScene: Sendable, CustomStringConvertible {
    var capacity: Int
    var producers: Int
    var consumers: Int
    /// What each pushes or pops.
    var operations: Int
    var consistency = RingConsistency.relaxed
    /// Whether refusals must mean what they say.
    var isStrict = false
    /// What finds no room goes to a store, which has room for all.
    var spills = false
    var preemptions = 2
    var staleReads = 1

    var description: String {
        "capacity \(capacity)\(spills ? " and a store" : ""), \(producers)x\(consumers), \(operations) each, "
            + (isStrict ? "strict" : "relaxed")
    }

    var explorer: ScheduleExplorer { ScheduleExplorer(preemptions: preemptions, staleReads: staleReads) }

    /// ``RingQueue``, of whatever words.
    func shared<Word: AtomicWord>(_ word: Word.Type) -> SlotQueue<Int, SharedSlots<Word>> {
        queue(of: slots(word))
    }

    /// The slots of ``RingQueue``, for a queue of a scene's own.
    func slots<Word: AtomicWord>(_ word: Word.Type) -> SharedSlots<Word> {
        SharedSlots(capacity: capacity, layout: SlotLayout(for: Int.self, spacing: .dense))
    }

    /// A ring around these slots.
    func queue<Slots: SlotSource & ~Copyable>(of slots: consuming Slots) -> SlotQueue<Int, Slots> {
        SlotQueue(
            slots: slots,
            policy: spills ? .spill : .block,
            spacing: .dense,
            consistency: consistency,
            clock: ManualClock(),
            spill: spills ? SpillLine(InMemorySpillStore<Int>(limit: .max)) : nil,
            onDrop: nil
        )
    }

    /// ``SingleRingQueue``.
    func single<Word: AtomicWord>(_ word: Word.Type) -> SlotQueue<Int, SingleSlots<Int, Word>> {
        SlotQueue(
            slots: SingleSlots(capacity: capacity),
            policy: .block,
            spacing: .dense,
            consistency: .strict,
            clock: ManualClock(),
            spill: nil,
            onDrop: nil
        )
    }

    /// Begins the threads, with operations that don't wait, and checks their history with what is left in the end.
    func play<Slots: SlotSource & ~Copyable>(on queue: SlotQueue<Int, Slots>, in exploration: Exploration) {
        let pushes = (0..<producers).map { producer in
            exploration.thread("producer \(producer + 1)") {
                (0..<operations).map { number in
                    let element = producer * 10 + number
                    return exploration.timed {
                        QueueStep.push(element, accepted: queue.tryPush(element).isAccepted)
                    }
                }
            }
        }
        let pops = (0..<consumers).map { consumer in
            exploration.thread("consumer \(consumer + 1)") {
                (0..<operations).map { _ in exploration.timed { QueueStep.pop(queue.tryPop()) } }
            }
        }
        exploration.check {
            var operations = (pushes + pops).flatMap(\.value)
            let most = spills ? producers * self.operations : capacity
            for _ in 0...most { operations.append(exploration.timed { .pop(queue.tryPop()) }) }
            let history = ShortHistory(capacity: spills ? .max : capacity, operations: operations)
            exploration.expect((isStrict ? history : history.relaxed()).isLinearizable, "no queue would do this")
        }
    }
}
