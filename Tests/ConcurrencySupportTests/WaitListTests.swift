import ConcurrencySupport
import Testing

@Suite("Wait list", .timeLimit(.minutes(5)))
struct WaitListTests {
    /// A word of its own for a list, and a number of permits that tasks take, or wait for on the list.
    private final class Semaphore: Sendable {
        private nonisolated(unsafe) let memory: UnsafeMutableRawPointer
        private let permits: HardwareWord
        let waiters: WaitList<HardwareWord>

        init() {
            memory = .allocate(byteCount: 16, alignment: 16)
            permits = HardwareWord(at: memory)
            permits.initialize(to: 0)
            let waiting = HardwareWord(at: memory + 8)
            waiting.initialize(to: 0)
            waiters = WaitList(waitingWord: waiting)
        }

        deinit { memory.deallocate() }

        func signal() {
            permits.addSequentiallyConsistent(1)
            if waiters.waitingWord.loadSequentiallyConsistent() != 0 { waiters.notifyOne() }
        }

        func tryTake() -> Bool {
            var count = permits.loadRelaxed()
            while count > 0 {
                let claim = permits.compareExchangeSequentiallyConsistent(expected: count, desired: count - 1)
                if claim.exchanged { return true }
                count = claim.original
            }
            return false
        }

        /// `false`: cancelled while waiting.
        func take() async -> Bool {
            var ticket = WaitTicket()
            while !tryTake() {
                let outcome = await waiters.wait(ticket: &ticket) { permits.loadSequentiallyConsistent() > 0 }
                if outcome == .cancelled { return false }
            }
            return true
        }

        var waitingCount: UInt { waiters.waitingWord.loadSequentiallyConsistent() }
    }

    /// Who got on, in order.
    private final class Order: Sendable {
        private let numbers = Lock<[Int]>([])

        var all: [Int] { numbers.withLock { $0 } }

        func append(_ number: Int) { numbers.withLock { $0.append(number) } }
    }

    /// Gives other tasks their turn until `condition` holds, or for so long that it never will.
    private func yield(until condition: () -> Bool) async -> Bool {
        for _ in 0..<1_000_000 {
            if condition() { return true }
            await Task.yield()
        }
        return false
    }

    @Test("Nobody waits when there is reason to try again")
    func retriesAtOnce() async {
        let semaphore = Semaphore()
        var ticket = WaitTicket()
        let outcome = await semaphore.waiters.wait(ticket: &ticket) { true }
        #expect(outcome == .retry)
        #expect(semaphore.waitingCount == 0)
    }

    @Test("One notification wakes the one that has waited longest")
    func wakesInOrder() async {
        let semaphore = Semaphore()
        let order = Order()
        var tasks: [Task<Void, Never>] = []
        for number in 0..<5 {
            tasks.append(
                Task {
                    guard await semaphore.take() else { return }
                    order.append(number)
                }
            )
            #expect(await yield { semaphore.waitingCount == UInt(number + 1) })
        }
        for number in 0..<5 {
            semaphore.signal()
            #expect(await yield { order.all.count == number + 1 })
            #expect(semaphore.waitingCount == UInt(4 - number))
        }
        for task in tasks { await task.value }
        #expect(order.all == [0, 1, 2, 3, 4])
    }

    @Test("A task that comes back with its ticket keeps its place")
    func ticketKeepsPlace() async {
        let semaphore = Semaphore()
        let order = Order()
        var tasks: [Task<Void, Never>] = []
        for number in 0..<2 {
            tasks.append(
                Task {
                    guard await semaphore.take() else { return }
                    order.append(number)
                }
            )
            #expect(await yield { semaphore.waitingCount == UInt(number + 1) })
        }
        // Notified for nothing: the first finds no permit and waits again, in front of the second.
        for _ in 0..<3 {
            semaphore.waiters.notifyOne()
            #expect(await yield { semaphore.waitingCount == 2 })
        }
        semaphore.signal()
        #expect(await yield { order.all.count == 1 })
        semaphore.signal()
        for task in tasks { await task.value }
        #expect(order.all == [0, 1])
    }

    @Test("Cancelling takes a task out of the line and leaves the others")
    func cancelling() async {
        let semaphore = Semaphore()
        var tasks: [Task<Bool, Never>] = []
        for number in 0..<3 {
            tasks.append(Task { await semaphore.take() })
            #expect(await yield { semaphore.waitingCount == UInt(number + 1) })
        }
        tasks[1].cancel()
        #expect(await tasks[1].value == false)
        #expect(semaphore.waitingCount == 2)
        for _ in 0..<2 { semaphore.signal() }
        #expect(await tasks[0].value)
        #expect(await tasks[2].value)
        #expect(semaphore.waitingCount == 0)
    }

    @Test("A task that is cancelled before it waits doesn't wait")
    func cancelledBefore() async {
        let semaphore = Semaphore()
        let isTaken = await withTaskGroup(of: Bool.self) { group in
            group.cancelAll()
            group.addTask { await semaphore.take() }
            return await group.next()
        }
        #expect(isTaken == false)
        #expect(semaphore.waitingCount == 0)
    }

    @Test("Notifying all wakes everyone")
    func notifyingAll() async {
        let semaphore = Semaphore()
        let tasks = (0..<4).map { _ in Task { await semaphore.take() } }
        #expect(await yield { semaphore.waitingCount == 4 })
        for _ in 0..<4 { semaphore.waiters.notifyOne() }
        #expect(await yield { semaphore.waitingCount == 4 })
        semaphore.waiters.notifyAll()
        #expect(await yield { semaphore.waitingCount == 4 })
        for task in tasks { task.cancel() }
        for task in tasks { #expect(await task.value == false) }
        semaphore.waiters.notifyAll()
        #expect(semaphore.waitingCount == 0)
    }

    @Test("When cancelling races with notifying, a permit is taken or left, never lost", arguments: 0..<4)
    func cancellingRacesWithNotifying(tasksThatStay: Int) async {
        for _ in 0..<500 {
            let semaphore = Semaphore()
            let cancelled = (0..<3).map { _ in Task.detached { await semaphore.take() } }
            let staying = (0..<tasksThatStay).map { _ in Task.detached { await semaphore.take() } }
            let permits = 3
            async let cancelling: Void = Task.detached { for task in cancelled { task.cancel() } }.value
            async let signalling: Void = Task.detached { for _ in 0..<permits { semaphore.signal() } }.value
            _ = await (cancelling, signalling)
            var taken = 0
            for task in cancelled where await task.value { taken += 1 }
            // Whoever stays is woken as long as permits are left.
            let toCome = min(tasksThatStay, permits - taken)
            #expect(await yield { semaphore.waitingCount <= UInt(tasksThatStay - toCome) })
            for task in staying { task.cancel() }
            for task in staying where await task.value { taken += 1 }
            while semaphore.tryTake() { taken += 1 }
            #expect(taken == permits)
            #expect(semaphore.waitingCount == 0)
        }
    }
}
