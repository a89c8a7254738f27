import BackpressureTesting
import BoundedQueues
import Testing

/// Elements of several sizes, singly and in batches.
@Suite("The ring for one producer and one consumer, and elements of any size", .timeLimit(.minutes(5)))
struct SingleRingTests {
    private static let capacities = [1, 2, 3, 4, 5, 8, 9, 15, 32, 57, 113]

    @Test("Holds as many as asked for and gives them back in order, one by one and in batches", arguments: capacities)
    func schedules(capacity: Int) {
        check(capacity: capacity) { UInt8(truncatingIfNeeded: $0) }
        check(capacity: capacity) { UInt64($0) }
        check(capacity: capacity) { Numbered($0, UInt64($0)) }
        check(capacity: capacity) { Numbered($0, Pair(first: UInt64($0), second: UInt64($0))) }
        check(capacity: capacity) { Numbered($0, SIMD8<Double>(repeating: Double($0))) }
    }

    /// A schedule drawn at random beside an array.
    private func check<Element: Sendable & Equatable>(capacity: Int, _ element: (Int) -> Element) {
        let queue = SingleRingQueue<Element>(capacity: capacity)
        var generator = SeededGenerator(seed: UInt64(capacity))
        var inside: [Element] = []
        var (next, taken, refused) = (0, 0, 0)
        for step in 0..<4_000 {
            // Long spells of more pushes than pops and the reverse, so that it runs full and empty.
            let pushes = Int.random(in: 0..<4, using: &generator) < (step / 500 % 2 == 0 ? 3 : 1)
            let count = Int.random(in: 1...capacity + 2, using: &generator)
            switch (pushes, Bool.random(using: &generator)) {
            case (true, true):
                let isAccepted = queue.tryPush(element(next)).isAccepted
                #expect(isAccepted == (inside.count < capacity))
                if isAccepted { inside.append(element(next)) } else { refused += 1 }
                next += 1
            case (true, false):
                let batch = (next..<next + count).map(element)
                let accepted = queue.tryPush(contentsOf: batch).accepted
                #expect(accepted == min(count, capacity - inside.count))
                inside += batch.prefix(accepted)
                if accepted < count { refused += 1 }
                next += count
            case (false, true):
                let popped = queue.tryPop()
                #expect(popped == inside.first)
                if popped != nil {
                    inside.removeFirst()
                    taken += 1
                }
            case (false, false):
                var popped: [Element] = []
                #expect(queue.tryPop(upTo: count, into: &popped) == min(count, inside.count))
                #expect(popped == Array(inside.prefix(count)))
                inside.removeFirst(popped.count)
                taken += popped.count
            }
            let statistics = queue.statistics()
            #expect(statistics.depth == inside.count && statistics.taken == UInt64(taken))
            #expect(statistics.refused == UInt64(refused))
        }
    }

    @Test("Threads hand every element over, one by one and in batches", arguments: [1, 2, 7, 8, 50, 1_024])
    func threads(capacity: Int) {
        handOver(capacity: capacity) { UInt64($0) }
        handOver(capacity: capacity) { Numbered($0, UInt64($0)) }
        handOver(capacity: capacity) { Numbered($0, SIMD8<Double>(repeating: Double($0))) }
    }

    private func handOver<Element: Sendable & Equatable>(
        capacity: Int,
        _ element: @escaping @Sendable (Int) -> Element
    ) {
        let elements = 40_000
        let queue = SingleRingQueue<Element>(capacity: capacity)
        let wrong = SharedCount()
        let producer: @Sendable (Worker) -> Void = { _ in
            var patience = Patience()
            var next = 0
            while next < elements {
                // Spells of single pushes and of batches.
                let count = next / 1_000 % 2 == 0 ? 1 : 1 + next % 11
                let batch = (next..<min(elements, next + count)).map(element)
                var accepted = 0
                if batch.count > 1 {
                    accepted = queue.tryPush(contentsOf: batch).accepted
                } else if queue.tryPush(batch[0]).isAccepted {
                    accepted = 1
                }
                next += accepted
                if accepted > 0 { patience.reset() } else if !patience.pause() { break }
            }
        }
        let consumer: @Sendable (Worker) -> Void = { _ in
            var patience = Patience()
            var expected = 0
            var popped: [Element] = []
            while expected < elements {
                popped.removeAll(keepingCapacity: true)
                if expected / 700 % 2 == 0 {
                    if let one = queue.tryPop() { popped.append(one) }
                } else {
                    _ = queue.tryPop(upTo: 1 + expected % 13, into: &popped)
                }
                for one in popped {
                    if one != element(expected) { wrong.add(1) }
                    expected += 1
                }
                if !popped.isEmpty { patience.reset() } else if !patience.pause() { break }
            }
            if expected != elements { wrong.add(1) }
        }
        Worker.run([producer, consumer])
        #expect(wrong.value == 0)
        let statistics = queue.statistics()
        #expect(statistics.accepted == UInt64(elements) && statistics.taken == UInt64(elements))
    }

    /// A number and something to make it larger.
    fileprivate struct Numbered<Rest: Sendable>: Sendable {
        var number: Int
        var rest: Rest

        init(_ number: Int, _ rest: Rest) {
            self.number = number
            self.rest = rest
        }
    }

    private struct Pair: Equatable, Sendable {
        var first: UInt64
        var second: UInt64
    }
}

extension SingleRingTests.Numbered: Equatable where Rest: Equatable {}
