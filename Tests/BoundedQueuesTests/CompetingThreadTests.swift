import ConcurrencySupport
import Testing

@testable import BoundedQueues

extension ThreadTests {
    @Suite("Threads that compete, and tasks that are served, behind one lock", .serialized)
    struct Competing {
        /// Waits on a thread until a condition holds; `false`: others have had their turn so often that it never will.
        private static func wait(until condition: () -> Bool) -> Bool {
            for _ in 0..<3_000_000 {
                if condition() { return true }
                Backoff.yieldThread()
            }
            return false
        }

        private static func waitFor(parkedProducers count: UInt, _ queue: MutexQueue<Int>) -> Bool {
            wait { queue.state.threads.producers.waitingWord.loadSequentiallyConsistent() == count }
        }

        private static func waitFor(parkedConsumers count: UInt, _ queue: MutexQueue<Int>) -> Bool {
            wait { queue.state.threads.consumers.waitingWord.loadSequentiallyConsistent() == count }
        }

        @Test("A thread that is parked alone is woken by the very next push or pop")
        func parkedAlone() async {
            let empty = MutexQueue<Int>(capacity: 2)
            let full = MutexQueue<Int>(capacity: 1)
            let popped = Shared<PopResult<Int>?>(nil)
            let pushed = Shared<PushResult<Int>?>(nil)
            #expect(full.tryPush(0).isAccepted)
            await Worker.runAside([
                { _ in
                    let result = empty.popBlocking(timeout: nil)
                    popped.update { $0 = result }
                },
                { _ in
                    let result = full.pushBlocking(1, timeout: nil)
                    pushed.update { $0 = result }
                },
                { _ in
                    #expect(Self.waitFor(parkedConsumers: 1, empty) && Self.waitFor(parkedProducers: 1, full))
                    // They are counted before they look for the last time: let them.
                    for _ in 0..<1_000 { Backoff.yieldThread() }
                    #expect(empty.tryPush(7).isAccepted)
                    #expect(full.tryPop() == 0)
                    #expect(Self.wait { popped.value != nil && pushed.value != nil }, "a parked thread slept on")
                    empty.close()
                    full.close()
                },
            ])
            #expect(popped.value?.element == 7)
            #expect(pushed.value == .accepted)
        }

        @Test("A push that is handed over leaves its room to the next parked thread")
        func handedOver() async {
            let queue = MutexQueue<Int>(capacity: 1)
            let pushed = Shared<PushResult<Int>?>(nil)
            let popped = Shared<Int?>(nil)
            let woken = SharedCount()
            #expect(queue.tryPush(0).isAccepted)
            await Worker.runAside([
                { _ in
                    // Stands for a thread that is woken and doesn't get on.
                    var ticket = WaitTicket()
                    _ = queue.state.threads.producers.park(ticket: &ticket, untilNanoseconds: nil) { false }
                    woken.add(1)
                },
                { _ in
                    #expect(Self.waitFor(parkedProducers: 1, queue))
                    let result = queue.pushBlocking(2, timeout: nil)
                    pushed.update { $0 = result }
                },
                { _ in
                    #expect(Self.waitFor(parkedProducers: 2, queue))
                    #expect(queue.tryPop() == 0)
                    #expect(Self.wait { woken.value == 1 })
                    Task.detached {
                        let element = await queue.pop()
                        popped.update { $0 = element }
                    }
                    #expect(Self.wait { queue.state.withLock { !$0.consumers.isEmpty } || pushed.value != nil })
                    // What the woken thread would do at last: the element goes to the task, and the room stays.
                    #expect(Self.wait { queue.tryPush(1).isAccepted })
                    #expect(Self.wait { pushed.value != nil && popped.value != nil }, "a parked thread slept on")
                    queue.close()
                },
            ])
            #expect(pushed.value == .accepted)
            #expect([popped.value, queue.tryPop()].compactMap { $0 }.sorted() == [1, 2])
        }

        @Test("An element that enters in the place of another is not left lying while a thread is parked for one")
        func admitted() async {
            let queue = MutexQueue<Int>(capacity: 1)
            let pushed = Shared<PushResult<Int>?>(nil)
            let popped = Shared<PopResult<Int>?>(nil)
            let woken = SharedCount()
            await Worker.runAside([
                { _ in
                    // Stands for a thread that is woken and doesn't get on.
                    var ticket = WaitTicket()
                    _ = queue.state.threads.consumers.park(ticket: &ticket, untilNanoseconds: nil) { false }
                    woken.add(1)
                },
                { _ in
                    #expect(Self.waitFor(parkedConsumers: 1, queue))
                    let result = queue.popBlocking(timeout: nil)
                    popped.update { $0 = result }
                },
                { _ in
                    #expect(Self.waitFor(parkedConsumers: 2, queue))
                    #expect(queue.tryPush(0).isAccepted)
                    #expect(Self.wait { woken.value == 1 })
                    Task.detached {
                        let result = await queue.push(1)
                        pushed.update { $0 = result }
                    }
                    #expect(Self.wait { queue.state.withLock { !$0.producers.isEmpty } || pushed.value != nil })
                    // What the woken thread would do at last: the task's element enters while it takes the other.
                    _ = queue.tryPop()
                    #expect(Self.wait { pushed.value != nil && popped.value != nil }, "a parked thread slept on")
                    queue.close()
                },
            ])
            #expect(pushed.value == .accepted)
            #expect(popped.value?.element != nil)
        }

        @Test("A thread that is woken when it is already late leaves nothing to lie for the one behind it")
        func wokenAndLate() async {
            let generator = Shared(SystemRandomNumberGenerator())
            for _ in 0..<200 {
                let delay = generator.update { UInt64.random(in: 0..<60_000, using: &$0) }
                let queue = MutexQueue<Int>(capacity: 1)
                let deadline = Shared<UInt64>(.max)
                let hasty = Shared<PopResult<Int>?>(nil)
                let patient = Shared<PopResult<Int>?>(nil)
                let lost = SharedCount()
                await Worker.runAside([
                    { _ in
                        deadline.update { $0 = SystemNanosecondClock().nanoseconds() + 1_000_000 }
                        let result = queue.popBlocking(timeout: .milliseconds(1))
                        hasty.update { $0 = result }
                    },
                    { _ in
                        // Behind the other, if it is in line before it is late.
                        let isParked = { queue.state.threads.consumers.waitingWord.loadSequentiallyConsistent() > 0 }
                        #expect(Self.wait { hasty.value != nil || isParked() })
                        let result = queue.popBlocking(timeout: nil)
                        patient.update { $0 = result }
                    },
                    { _ in
                        let clock = SystemNanosecondClock()
                        #expect(Self.wait { deadline.value < .max })
                        while clock.nanoseconds() < deadline.value - delay {}
                        #expect(queue.tryPush(1).isAccepted)
                        #expect(Self.wait { hasty.value != nil })
                        if hasty.value == .timedOut, !Self.wait(until: { patient.value != nil }) { lost.add(1) }
                        queue.close()
                    },
                ])
                #expect([hasty.value?.element, patient.value?.element].compactMap { $0 } == [1])
                guard lost.value == 0 else {
                    Issue.record("nobody was woken for the element")
                    return
                }
            }
        }

        @Test("A batch reaches as many parked threads as it has elements", arguments: [1, 2, 4])
        func batches(capacity: Int) async {
            let queue = MutexQueue<Int>(capacity: capacity)
            let popped = Shared<[Int]>([])
            let consumers = 4
            var bodies = (0..<consumers).map { _ -> @Sendable (Worker) -> Void in
                { _ in
                    if let element = queue.popBlocking(timeout: nil).element { popped.append(element) }
                }
            }
            bodies.append { _ in
                #expect(Self.waitFor(parkedConsumers: UInt(consumers), queue))
                Task.detached { await queue.push(contentsOf: 0..<consumers) }
                #expect(Self.wait { popped.value.count == consumers }, "a parked thread slept on")
                queue.close()
            }
            await Worker.runAside(bodies)
            #expect(popped.value.sorted() == Array(0..<consumers))
        }

        @Test("Closing wakes the parked threads and resumes the suspended tasks")
        func closing() async {
            let full = MutexQueue<Int>(capacity: 1)
            let empty = MutexQueue<Int>(capacity: 1)
            let pushes = Shared<[PushResult<Int>]>([])
            let pops = Shared<[Int?]>([])
            #expect(full.tryPush(0).isAccepted)
            var bodies: [@Sendable (Worker) -> Void] = []
            for number in 1...2 {
                Task.detached { pushes.append(await full.push(number)) }
                Task.detached { pops.append(await empty.pop()) }
                bodies.append { _ in
                    let result = full.pushBlocking(10 * number, timeout: Relay.longWait)
                    pushes.append(result)
                }
                bodies.append { _ in
                    let result = empty.popBlocking(timeout: Relay.longWait)
                    pops.append(result.element)
                }
            }
            bodies.append { _ in
                #expect(Self.waitFor(parkedProducers: 2, full) && Self.waitFor(parkedConsumers: 2, empty))
                #expect(Self.wait { full.state.withLock { $0.producers.count == 2 } })
                #expect(Self.wait { empty.state.withLock { $0.consumers.count == 2 } })
                full.close()
                empty.close()
                #expect(Self.wait { pushes.value.count == 4 && pops.value.count == 4 })
            }
            await Worker.runAside(bodies)
            let returned = pushes.value.compactMap { if case .closed(let element) = $0 { element } else { nil } }
            #expect(returned.sorted() == [1, 2, 10, 20])
            #expect(pops.value == [nil, nil, nil, nil])
            #expect(full.statistics().refused == 4)
            #expect(full.tryPop() == 0)
        }
    }
}
