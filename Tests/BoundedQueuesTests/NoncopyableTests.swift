import BoundedQueues
import ConcurrencySupport
import Testing

@Suite("Elements that can't be copied", .timeLimit(.minutes(5)))
struct NoncopyableTests {
    /// Counts how many of its kind there are.
    private struct Token: ~Copyable, Sendable {
        let number: Int
        private let alive: SharedCount

        init(_ number: Int, _ alive: SharedCount) {
            self.number = number
            self.alive = alive
            alive.add(1)
        }

        deinit { alive.add(-1) }
    }

    /// What can be said of an element, which is gone then.
    private static func number(of token: consuming Token?) -> Int? {
        switch consume token {
        case .some(let token): token.number
        case nil: nil
        }
    }

    @Test(
        "The ring keeps, returns, drops and releases each once",
        arguments: [OverflowPolicy.reject, .dropNewest, .dropOldest]
    )
    func ring(policy: OverflowPolicy) {
        let alive = SharedCount()
        let dropped = Shared<[Int]>([])
        do {
            let queue = RingQueue<Token>(capacity: 3, policy: policy) { token, _ in
                let number = token.number
                dropped.append(number)
            }
            var returned: [Int] = []
            for number in 0..<5 {
                let result = queue.tryPush(Token(number, alive))
                if let number = Self.number(of: result.takeReturned()) { returned.append(number) }
            }
            #expect(alive.value == 3)
            #expect(returned == (policy == .reject ? [3, 4] : []))
            #expect(dropped.value == (policy == .reject ? [] : policy == .dropNewest ? [3, 4] : [0, 1]))
            let oldest = Self.number(of: queue.tryPop())
            #expect(oldest == (policy == .dropOldest ? 2 : 0))
            #expect(alive.value == 2)
            queue.close()
            let refused = Self.number(of: queue.tryPush(Token(9, alive)).takeReturned())
            #expect(refused == 9)
            #expect(alive.value == 2)
        }
        #expect(alive.value == 0, "what was inside is released with the queue")
    }

    @Test("The ring for one producer and one consumer, lap after lap", arguments: [1, 2, 3])
    func singleRing(capacity: Int) {
        let alive = SharedCount()
        do {
            let queue = SingleRingQueue<Token>(capacity: capacity)
            for lap in 0..<3 {
                for number in 0..<capacity {
                    let isAccepted = queue.tryPush(Token(number, alive)).isAccepted
                    #expect(isAccepted)
                }
                let refused = Self.number(of: queue.tryPush(Token(99, alive)).takeReturned())
                #expect(refused == 99)
                #expect(alive.value == capacity)
                guard lap < 2 else { break }
                for number in 0..<capacity {
                    let taken = Self.number(of: queue.tryPop())
                    #expect(taken == number)
                }
            }
        }
        #expect(alive.value == 0, "what was inside is released with the queue")
    }

    @Test("A task that waits gets its element back, or another's")
    func waiting() async {
        let alive = SharedCount()
        do {
            let queue = RingQueue<Token>(capacity: 1)
            _ = await queue.push(Token(0, alive))
            let push = Task { Self.number(of: await queue.push(Token(1, alive)).takeReturned()) }
            push.cancel()
            let returned = await push.value
            #expect(returned == 1)
            let pop = Task {
                let first = Self.number(of: await queue.pop())
                let second = Self.number(of: await queue.pop())
                return [first, second]
            }
            _ = await queue.push(Token(2, alive))
            let taken = await pop.value
            #expect(taken == [0, 2])
        }
        #expect(alive.value == 0)
    }

    @Test("Threads hand each on once")
    func threads() async {
        let alive = SharedCount()
        let ring = RingQueue<Token>(capacity: 2)
        let single = SingleRingQueue<Token>(capacity: 2)
        let sums = Shared<[Int]>([])
        let count = 3_000
        var bodies: [@Sendable (Worker) -> Void] = []
        for _ in 0..<2 {
            bodies.append { _ in
                for number in 0..<count { _ = ring.pushBlocking(Token(number, alive), timeout: Relay.longWait) }
            }
            bodies.append { _ in
                var sum = 0
                for _ in 0..<count {
                    sum += Self.number(of: ring.popBlocking(timeout: Relay.longWait).takeElement()) ?? 0
                }
                sums.append(sum)
            }
        }
        bodies.append { _ in
            for number in 0..<2 * count { _ = single.pushBlocking(Token(number, alive), timeout: Relay.longWait) }
        }
        bodies.append { _ in
            var isInOrder = true
            for number in 0..<2 * count {
                let taken = Self.number(of: single.popBlocking(timeout: Relay.longWait).takeElement())
                isInOrder = isInOrder && taken == number
            }
            if isInOrder { sums.append(0) }
        }
        await Worker.runAside(bodies)
        #expect(sums.value.count == 4 - 1)
        #expect(sums.value.reduce(0, +) == count * (count - 1))
        #expect(alive.value == 0)
    }
}
