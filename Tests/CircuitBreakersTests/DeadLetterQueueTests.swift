import BackpressureTesting
import BoundedQueues
import CircuitBreakers
import Testing

@Suite("Dead letters", .timeLimit(.minutes(5)))
struct DeadLetterQueueTests {
    private struct Fault: Error {}

    private func letter(_ element: Int, _ reason: DeadLetterReason = .circuitOpen) -> DeadLetter<Int> {
        DeadLetter(element, reason: reason, attempts: 0, nanoseconds: 5)
    }

    private func queue(_ count: Int, limit: Int = 10) -> DeadLetterQueue<Int> {
        let queue = DeadLetterQueue<Int>(limit: limit)
        for element in 0..<count { #expect(queue.accept(letter(element))) }
        return queue
    }

    private func expectBalance(_ queue: DeadLetterQueue<Int>) {
        let statistics = queue.statistics
        #expect(statistics.accepted == statistics.taken + UInt64(statistics.inside), "\(statistics)")
    }

    @Test("Letters are taken in order; without room they stay with their senders; kinds are counted")
    func order() {
        let queue = DeadLetterQueue<Int>(limit: 3)
        for (element, reason) in [DeadLetterReason.failed("a"), .failed("b"), .expired].enumerated() {
            #expect(queue.accept(letter(element, reason)))
        }
        #expect(!queue.accept(letter(3)))
        #expect(queue.statistics.insideByKind == [.failed: 2, .expired: 1])
        #expect(queue.take(upTo: 2).map(\.element) == [0, 1])
        #expect(queue.statistics.insideByKind == [.expired: 1])
        #expect(queue.accept(letter(4)))
        #expect(queue.take().map(\.element) == [2, 4])
        #expect(queue.take().isEmpty)
        let statistics = queue.statistics
        #expect(statistics.accepted == 4 && statistics.refused == 1 && statistics.taken == 4)
        #expect(statistics.inside == 0 && statistics.insideByKind.isEmpty)
    }

    @Test("A redrive tries each letter once; what fails stays with an attempt more and the new error")
    func redrive() async {
        let queue = queue(4)
        var seen: [Int] = []
        let report = await queue.redrive { letter in
            seen.append(letter.element)
            if letter.element % 2 == 1 { throw Fault() }
        }
        #expect(seen == [0, 1, 2, 3])
        #expect(report.delivered == 2 && report.failed == 2 && report.refusal == nil)
        expectBalance(queue)
        #expect(queue.statistics.redriven == 2 && queue.statistics.failedRedrives == 2)
        #expect(queue.statistics.insideByKind == [.failed: 2])
        #expect(queue.take().map { [$0.element, $0.attempts] } == [[1, 1], [3, 1]])
    }

    @Test("A redrive goes on to the next letter where the store won't have one back")
    func redriveWithFullStore() async {
        struct Stubborn: SpillStore {
            var letters: [DeadLetter<Int>]
            var count: Int { letters.count }
            mutating func append(_ letter: DeadLetter<Int>) -> Bool { false }
            mutating func removeFirst() -> DeadLetter<Int>? { letters.isEmpty ? nil : letters.removeFirst() }
        }
        let queue = DeadLetterQueue(store: Stubborn(letters: (0..<3).map { letter($0) }))
        var seen: [Int] = []
        for _ in 0..<2 {
            _ = await queue.redrive { letter in
                seen.append(letter.element)
                throw Fault()
            }
        }
        #expect(seen == [0, 1, 2, 0, 1, 2])
        expectBalance(queue)
        #expect(queue.take().map(\.element) == [0, 1, 2])
    }

    @Test("A redrive tries no more than it was told to")
    func limit() async {
        let queue = queue(4)
        #expect(await queue.redrive(upTo: 3) { _ in }.delivered == 3)
        #expect(queue.take().map(\.element) == [3])
    }

    @Test("A letter in a redrive's hand is inside and keeps its room")
    func inHand() async {
        let queue = queue(2, limit: 2)
        _ = await queue.redrive { letter in
            #expect(queue.statistics.beingRedriven == 1 && queue.statistics.inside == 2)
            expectBalance(queue)
            #expect(!queue.accept(self.letter(9)), "its room was given away")
            throw Fault()
        }
        #expect(queue.take().map(\.element) == [0, 1])
    }

    @Test("A cancelled redrive leaves its letter, with an attempt more and the old reason, and those it hasn't tried")
    func cancellation() async {
        let (queue, clock) = (queue(3), ManualClock())
        let task = Task { await queue.redrive { _ in try await clock.sleep(untilNanoseconds: .max) } }
        await clock.waitForSleepers(1)
        task.cancel()
        let report = await task.value
        #expect(report.delivered == 0 && report.failed == 1)
        expectBalance(queue)
        let letters = queue.take()
        #expect(letters.map(\.element) == [1, 2, 0] && letters.map(\.attempts) == [0, 0, 1])
        #expect(letters.allSatisfy { $0.reason == .circuitOpen })
    }

    @Test("A redrive through a breaker ends at its refusal, which costs the letter no attempt")
    func throughBreaker() async {
        var settings = CircuitBreakerSettings()
        settings.consecutiveFailures = 2
        let breaker = LockFreeCircuitBreaker(settings, clock: ManualClock())
        let queue = queue(5)
        let report = await queue.redrive(through: breaker) { letter in
            if letter.element > 0 { throw Fault() }
        }
        #expect(report.delivered == 1 && report.failed == 2)
        #expect(report.refusal == CircuitOpen(retryAfterNanoseconds: 5_000_000_000))
        expectBalance(queue)
        #expect(queue.take().map { [$0.element, $0.attempts] } == [[4, 0], [1, 1], [2, 1], [3, 0]])
    }

    @Test("Letters outlive the queue in a store that does, and are counted as accepted")
    func durable() async {
        let disk = SharedStore()
        let first = DeadLetterQueue(store: disk)
        #expect(first.accept(letter(1)) && first.accept(letter(2, .expired)))
        let second = DeadLetterQueue(store: disk)
        #expect(second.statistics.accepted == 2 && second.statistics.insideByKind.isEmpty)
        #expect(second.accept(letter(3, .expired)))
        _ = await second.redrive(upTo: 1) { _ in throw Fault() }
        expectBalance(second)
        #expect(second.statistics.insideByKind == [.expired: 1, .failed: 1])
        #expect(second.take().map(\.element) == [2, 3, 1])
        #expect(second.statistics.insideByKind.isEmpty)
    }

    @Test("A letter that the store won't have back isn't lost")
    func heldBack() async {
        let disk = SharedStore()
        let queue = DeadLetterQueue(store: disk)
        #expect(queue.accept(letter(1)) && queue.accept(letter(2)))
        _ = await queue.redrive(upTo: 1) { _ in
            disk.fails = true
            throw Fault()
        }
        #expect(!queue.accept(letter(3)))
        expectBalance(queue)
        #expect(queue.statistics.inside == 2)
        #expect(queue.take().map(\.element).sorted() == [1, 2])
        expectBalance(queue)
    }

    @Test("Whatever tasks do at once, every letter is inside or was taken, once")
    func contention() async {
        let queue = DeadLetterQueue<Int>(limit: 50)
        let taken = await withTaskGroup(of: [Int].self) { group in
            for task in 0..<4 {
                group.addTask {
                    var own: [Int] = []
                    for number in 0..<200 {
                        let letter = self.letter(task * 1_000 + number)
                        while !queue.accept(letter) { own += queue.take(upTo: 3).map(\.element) }
                        var delivered: [Int] = []
                        _ = await queue.redrive(upTo: 2) { letter in
                            if (letter.element + letter.attempts) % 3 == 0 { throw Fault() }
                            await Task.yield()
                            delivered.append(letter.element)
                        }
                        own += delivered
                    }
                    return own
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        let found = (taken + queue.take().map(\.element)).sorted()
        let sent: [Int] = (0..<4).flatMap { task in (0..<200).map { number in task * 1_000 + number } }
        #expect(found == sent)
        expectBalance(queue)
    }
}

/// A store that outlives whoever uses it, and that fails when it is told to.
private final class SharedStore: SpillStore, @unchecked Sendable {
    // Sendable: one test at a time uses it.
    var fails = false
    private var letters: [DeadLetter<Int>] = []

    var count: Int { letters.count }

    func append(_ letter: DeadLetter<Int>) -> Bool {
        if fails { return false }
        letters.append(letter)
        return true
    }

    func removeFirst() -> DeadLetter<Int>? { letters.isEmpty ? nil : letters.removeFirst() }
}
