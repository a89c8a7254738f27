import BackpressureTesting
import BoundedQueues
import ConcurrencySupport
import Synchronization
import Testing

@Suite("What all families of priority queues do alike", .timeLimit(.minutes(5)))
struct PriorityFamiliesTests {
    /// Makes a queue with a capacity of 10 and the default table.
    private typealias Make<Element: Sendable> = @Sendable (any NanosecondClock) -> any BoundedPriorityQueue<Element>

    private static func families<Element: Sendable>(of: Element.Type) -> [Make<Element>] {
        [
            { MutexPriorityQueue(capacity: 10, clock: $0) },
            { ActorPriorityQueue(capacity: 10, clock: $0) },
            { RingPriorityQueue(capacity: 10, clock: $0) },
        ]
    }

    @Test("A refusal says when the tier will be admitted, going by how fast elements were taken", arguments: 0..<3)
    func retryTime(family: Int) async {
        let clock = ManualClock(nanoseconds: 1)
        let queue = Self.families(of: Int.self)[family](clock)
        func refusal() async -> UInt64? {
            guard case .rejected(_, let error) = await queue.tryPush(0, priority: .low) else { return nil }
            return error.retryAfterNanoseconds
        }
        for element in 0..<8 { _ = await queue.tryPush(element, priority: .high) }
        #expect(await refusal() == 0)
        clock.advance(byNanoseconds: 1_000)
        for _ in 0..<2 { _ = await queue.tryPop() }
        for element in 0..<3 { _ = await queue.tryPush(element, priority: .critical) }
        // Two were taken in 1000 ns, and two must go before the depth is below 8.
        #expect(await refusal() == 1_000)
    }

    @Test("The elements are a sequence that ends with the queue", arguments: 0..<3)
    func elements(family: Int) async {
        let queue = Self.families(of: Int.self)[family](SystemNanosecondClock())
        for (element, tier) in [(1, PriorityTier.low), (2, .critical), (3, .low)] {
            _ = await queue.push(element, priority: tier)
        }
        await queue.close()
        #expect(await Self.collect(queue) == [2, 1, 3])
    }

    private static func collect(_ queue: some BoundedPriorityQueue<Int>) async -> [Int] {
        var taken: [Int] = []
        for await next in queue.elements { taken.append(next.element) }
        return taken
    }

    @Test("Draining closes and gives out what is left, by urgency", arguments: 0..<3)
    func drain(family: Int) async {
        let queue = Self.families(of: Int.self)[family](SystemNanosecondClock())
        for (element, tier) in [(1, PriorityTier.low), (2, .high), (3, .normal)] {
            _ = await queue.tryPush(element, priority: tier)
        }
        #expect(await queue.drain().map(\.element) == [2, 3, 1])
        #expect(await queue.tryPush(4, priority: .critical) == .closed(4))
    }

    // MARK: Lifetimes

    /// Counts how many of its kind are alive.
    private final class Payload: Sendable {
        let alive: Count

        init(_ alive: Count) {
            self.alive = alive
            alive.count.wrappingAdd(1, ordering: .relaxed)
        }

        deinit { alive.count.wrappingSubtract(1, ordering: .relaxed) }
    }

    private final class Count: Sendable {
        let count = Atomic<Int>(0)
        var value: Int { count.load(ordering: .relaxed) }
    }

    @Test("Elements that are objects are released exactly once", arguments: 0..<3)
    func lifetimes(family: Int) async {
        let alive = Count()
        do {
            let queue = Self.families(of: Payload.self)[family](SystemNanosecondClock())
            for round in 0..<5 {
                for tier in PriorityTier.allCases + PriorityTier.allCases + PriorityTier.allCases {
                    _ = await queue.tryPush(Payload(alive), priority: tier)
                }
                let depth = await queue.statistics().total.depth
                #expect(alive.value == depth)
                if round < 4 { for _ in 0..<(depth - round) { _ = await queue.tryPop() } }
            }
            #expect(alive.value > 0)
        }
        #expect(alive.value == 0)
    }

    // MARK: Threads

    @Test("Threads that wait lose nothing and keep each producer's order within a tier: the lock")
    func mutexThreads() { runThreads(MutexPriorityQueue(capacity: 3, overload: .never, ageingLimit: 8)) }

    @Test("Threads that wait lose nothing and keep each producer's order within a tier: the rings")
    func ringThreads() { runThreads(RingPriorityQueue(capacity: 3, overload: .never, ageingLimit: 8)) }

    private func runThreads(_ queue: some BlockingBoundedPriorityQueue<Int>) {
        let perProducer = 4_000
        let producing = SharedCount(2)
        let taken = Shared<[[Prioritized<Int>]]>([])
        var bodies: [@Sendable (Worker) -> Void] = (0..<2).map { producer in
            { _ in
                for element in producer * perProducer..<(producer + 1) * perProducer {
                    guard queue.pushBlocking(element, priority: .allCases[element % 4], timeout: nil).isAccepted else {
                        Issue.record("a push that waits without a timeout came back")
                        break
                    }
                }
                producing.add(-1)
                if producing.value == 0 { queue.close() }
            }
        }
        bodies += (0..<2).map { _ in
            { _ in
                var own: [Prioritized<Int>] = []
                while let next = queue.popBlocking(timeout: nil).element { own.append(next) }
                taken.update { $0.append(own) }
            }
        }
        Worker.run(bodies)
        let all = taken.value
        #expect(all.joined().map(\.element).sorted() == Array(0..<2 * perProducer))
        #expect(all.joined().allSatisfy { $0.tier == PriorityTier.allCases[$0.element % 4] })
        for own in all {
            for producer in 0..<2 {
                for tier in PriorityTier.allCases {
                    let elements = own.filter { $0.element / perProducer == producer && $0.tier == tier }.map(\.element)
                    #expect(elements == elements.sorted())
                }
            }
        }
        let total = queue.statistics().total
        #expect(total.accepted == UInt64(2 * perProducer))
        #expect(total.accepted == total.taken)
    }

    @Test("A timeout of zero is one attempt, and closing ends a thread's wait")
    func threadTimeouts() {
        timeouts(MutexPriorityQueue(capacity: 1))
        timeouts(RingPriorityQueue(capacity: 1))
    }

    private func timeouts(_ queue: some BlockingBoundedPriorityQueue<Int>) {
        #expect(queue.popBlocking(timeout: .zero) == .timedOut)
        #expect(queue.pushBlocking(1, priority: .low, timeout: .zero) == .accepted)
        #expect(queue.pushBlocking(2, priority: .critical, timeout: .zero) == .timedOut(2))
        #expect(queue.pushBlocking(3, priority: .critical, timeout: .microseconds(100)) == .timedOut(3))
        #expect(queue.popBlocking(timeout: nil) == .element(Prioritized(1, .low)))
        #expect(queue.popBlocking(timeout: .microseconds(100)) == .timedOut)
        Worker.run([{ _ in #expect(queue.popBlocking(timeout: nil) == .finished) }, { _ in queue.close() }])
        #expect(queue.pushBlocking(4, priority: .critical, timeout: nil) == .closed(4))
        #expect(queue.statistics().total.refused == 3)
    }
}
