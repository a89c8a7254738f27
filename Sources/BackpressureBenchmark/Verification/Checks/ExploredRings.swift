import BackpressureTesting
import BoundedQueues
import ConcurrencySupport

extension ExtraVerification {
    /// The ring for any number of producers and consumers in every schedule of a few operations, within bounds.
    static func exploredRing(_ consistency: RingConsistency) -> ExtraVerification {
        let scenes = [
            ExploredRing(capacity: 1, producers: 1, consumers: 1, operations: 2, preemptions: 3),
            ExploredRing(capacity: 2, producers: 1, consumers: 1, operations: 3),
            ExploredRing(capacity: 1, producers: 2, consumers: 1, operations: 1),
            ExploredRing(capacity: 2, producers: 2, consumers: 1, operations: 1),
            ExploredRing(capacity: 1, producers: 1, consumers: 2, operations: 1),
            ExploredRing(capacity: 1, producers: 2, consumers: 2, operations: 1),
        ]
        let specification: HistorySpecification = consistency == .strict ? .strict : .relaxed
        let plain = scenes.map { scene in
            scene.explored(specification) {
                SlotQueue<UInt64, SharedSlots<ModelWord>>(
                    modelledOn: SharedSlots(capacity: scene.capacity, layout: .dense),
                    consistency: consistency
                )
            }
        }
        return explored(plain + spilling(specification, consistency), heldTo: specification.rawValue)
    }

    /// The same ring with a store that is never full: what goes through it keeps its place.
    private static func spilling(
        _ specification: HistorySpecification,
        _ consistency: RingConsistency
    ) -> [ExploredScene] {
        [
            ExploredRing(capacity: 1, producers: 1, consumers: 1, operations: 2, spills: true),
            ExploredRing(capacity: 1, producers: 2, consumers: 1, operations: 1, spills: true),
            ExploredRing(capacity: 1, producers: 1, consumers: 2, operations: 1, spills: true),
        ].map { scene in
            scene.explored(specification) {
                SlotQueue<UInt64, SharedSlots<ModelWord>>(
                    modelledOn: SharedSlots(capacity: scene.capacity, layout: .dense),
                    consistency: consistency,
                    spillStore: InMemorySpillStore<UInt64>(limit: .max)
                )
            }
        }
    }

    /// The ring for one producer and one consumer, likewise.
    static var exploredSingleRing: ExtraVerification {
        let scenes = [
            ExploredRing(capacity: 1, producers: 1, consumers: 1, operations: 3, preemptions: 3),
            ExploredRing(capacity: 2, producers: 1, consumers: 1, operations: 4),
        ]
        let explored = scenes.map { scene in
            scene.explored(.strict) {
                SlotQueue<UInt64, SingleSlots<UInt64, ModelWord>>(
                    modelledOn: SingleSlots(capacity: scene.capacity),
                    consistency: .strict
                )
            }
        }
        return self.explored(explored, heldTo: HistorySpecification.strict.rawValue)
    }
}

extension SlotLayout {
    fileprivate static var dense: SlotLayout { SlotLayout(for: UInt64.self, spacing: .dense) }
}

/// Some producers and consumers on a ring of model words, with operations that don't wait.
private struct ExploredRing: Sendable {
    var capacity: Int
    var producers: Int
    var consumers: Int
    /// What each pushes or pops.
    var operations: Int
    var preemptions = 2
    /// What finds no room goes to a store, which has room for all.
    var spills = false

    func explored<Slots: SlotSource & ~Copyable>(
        _ specification: HistorySpecification,
        _ make: @escaping @Sendable () -> SlotQueue<UInt64, Slots>
    ) -> ExploredScene {
        ExploredScene(
            name: "capacity \(capacity)\(spills ? " and a store" : ""), \(producers) producers, "
                + "\(consumers) consumers, \(operations) operations each",
            operations: operations * (producers + consumers),
            preemptions: preemptions,
            play: { play(make(), specification, $0) }
        )
    }

    func play<Slots: SlotSource & ~Copyable>(
        _ queue: SlotQueue<UInt64, Slots>,
        _ specification: HistorySpecification,
        _ exploration: Exploration
    ) {
        func event(_ thread: Int, _ operation: () -> (QueueEvent.Kind, UInt64)) -> QueueEvent {
            let timed = exploration.timed(operation)
            return QueueEvent(
                thread: thread,
                timed.value.0,
                timed.value.1,
                call: UInt64(timed.called),
                returned: UInt64(timed.returned)
            )
        }
        func pop() -> (QueueEvent.Kind, UInt64) {
            queue.tryPop().map { (.popTook, $0) } ?? (.popSaidEmpty, 0)
        }
        let pushes = (0..<producers).map { producer in
            exploration.thread("producer \(producer + 1)") {
                (0..<operations).map { number in
                    let element = UInt64(producer * 10 + number)
                    return event(producer) {
                        (queue.tryPush(element).isAccepted ? .pushAccepted : .pushSaidFull, element)
                    }
                }
            }
        }
        let pops = (0..<consumers).map { consumer in
            exploration.thread("consumer \(consumer + 1)") {
                (0..<operations).map { _ in event(producers + consumer, pop) }
            }
        }
        exploration.check {
            var events = (pushes + pops).flatMap(\.value)
            let most = spills ? producers * operations : capacity
            for _ in 0...most { events.append(event(producers + consumers, pop)) }
            let search = LinearizabilitySearch(capacity: spills ? nil : capacity, specification: specification)
            let words = events.sorted { $0.call < $1.call }.map { "thread \($0.thread): \($0)" }
            exploration.expect(search.isExplained(events), "no queue would do this: \(words.joined(separator: "; "))")
        }
    }
}
