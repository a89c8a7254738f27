import BackpressureTesting
import BoundedQueues
import Testing

@Suite("A caller on an actor", .timeLimit(.minutes(5)))
struct CallersActorTests {
    static let queues: [(name: String, make: @Sendable () -> any BoundedQueue<Int>)] = [
        ("ring", { RingQueue(capacity: 4) }),
        ("ring with one producer and one consumer", { SingleRingQueue(capacity: 4) }),
        ("mutex", { MutexQueue(capacity: 4) }),
    ]

    @Test("doesn't leave it to push where there is room, or to pop what is there", arguments: queues.indices)
    func stays(index: Int) async {
        let queue = Self.queues[index].make()
        let clock = ContinuousClock()
        let jobs = await CountedActor().jobs { _ in
            _ = await queue.push(1)
            _ = await queue.push(2, until: clock.now + .seconds(60), clock: clock)
            _ = await queue.push(contentsOf: [3, 4])
            #expect(await queue.pop() == 1)
            #expect(await queue.pop(upTo: 1) == [2])
            var batch: [Int] = []
            #expect(await queue.pop(upTo: 1, into: &batch) == 1)
            #expect(batch == [3])
            _ = await queue.pop(until: clock.now + .seconds(60), clock: clock)
        }
        #expect(jobs == 0)
    }

    @Test("is back on it after a wait", arguments: queues.indices)
    func comesBack(index: Int) async {
        let queue = Self.queues[index].make()
        let jobs = await CountedActor().jobs { actor in
            // On the actor, too: it comes to push only when the consumer waits, and has left the actor to it.
            let producer = Task {
                actor.assertIsolated()
                return await queue.push(1)
            }
            #expect(await queue.pop() == 1)
            actor.assertIsolated()
            #expect(await producer.value.isAccepted)
        }
        #expect(jobs == 2, "one is the producer, the other the consumer when it goes on")
    }

    @Test("leaves it for a queue that is an actor, which is what is counted here")
    func leaves() async {
        let queue = ActorQueue<Int>(capacity: 4)
        #expect(await CountedActor().jobs { _ in _ = await queue.push(1) } > 0)
    }
}
