import ConcurrencySupport
import Foundation
import Testing

@Suite("Parked threads in a wait list", .timeLimit(.minutes(5)))
struct ParkingTests {
    /// A list with a word of its own, and who got on, in order.
    private final class Line: Sendable {
        private nonisolated(unsafe) let memory: UnsafeMutableRawPointer
        let list: WaitList<HardwareWord>
        private let numbers = Lock<[Int]>([])

        init() {
            memory = .allocate(byteCount: 8, alignment: 8)
            let word = HardwareWord(at: memory)
            word.initialize(to: 0)
            list = WaitList(waitingWord: word)
        }

        deinit { memory.deallocate() }

        var waitingCount: UInt { list.waitingWord.loadSequentiallyConsistent() }
        var order: [Int] { numbers.withLock { $0 } }
        func append(_ number: Int) { numbers.withLock { $0.append(number) } }
    }

    /// Runs `body` on a thread of its own, so that no thread of the pool is held up.
    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: body()) }
            thread.start()
        }
    }

    /// Gives others their turn until `condition` holds, or for so long that it never will.
    private func yield(until condition: () -> Bool) async -> Bool {
        for _ in 0..<5_000_000 {
            if condition() { return true }
            await Task.yield()
        }
        return false
    }

    /// So long a thread waits that ought to be woken.
    private static func farDeadline() -> UInt64 { SystemNanosecondClock().nanoseconds() + 100_000_000_000 }

    @Test("A thread doesn't park when there is reason to try again")
    func retriesAtOnce() async {
        let line = Line()
        let outcome = await onThread {
            var ticket = WaitTicket()
            return line.list.park(ticket: &ticket, untilNanoseconds: nil) { true }
        }
        #expect(outcome == .retry)
        #expect(line.waitingCount == 0)
    }

    @Test("A notification that comes after it was counted and before it sleeps is not lost")
    func notifiedBeforeSleeping() async {
        let line = Line()
        let outcome = await onThread {
            var ticket = WaitTicket()
            return line.list.park(ticket: &ticket, untilNanoseconds: Self.farDeadline()) {
                line.list.notifyOne()
                return false
            }
        }
        #expect(outcome == .retry)
        #expect(line.waitingCount == 0)
    }

    @Test(
        "A thread whose deadline passes leaves the line, and takes no notification with it",
        arguments: [0, 1_000_000]
    )
    func timesOut(nanoseconds: UInt64) async {
        let line = Line()
        let outcome = await onThread {
            var ticket = WaitTicket()
            let deadline = SystemNanosecondClock().nanoseconds() + nanoseconds
            return line.list.park(ticket: &ticket, untilNanoseconds: deadline) { false }
        }
        #expect(outcome == .timedOut)
        #expect(line.waitingCount == 0)
        let other = Task {
            var ticket = WaitTicket()
            return await line.list.wait(ticket: &ticket) { false }
        }
        #expect(await yield { line.waitingCount == 1 })
        line.list.notifyOne()
        #expect(await other.value == .retry)
    }

    @Test("Threads and tasks wait in one line and are woken in order of arrival")
    func oneLine() async {
        let line = Line()
        var tasks: [Task<Void, Never>] = []
        for number in 0..<6 {
            tasks.append(
                Task {
                    if number % 2 == 0 {
                        await onThread {
                            var ticket = WaitTicket()
                            let outcome = line.list.park(ticket: &ticket, untilNanoseconds: Self.farDeadline()) {
                                false
                            }
                            if outcome == .retry { line.append(number) }
                        }
                    } else {
                        var ticket = WaitTicket()
                        if await line.list.wait(ticket: &ticket, unless: { false }) == .retry { line.append(number) }
                    }
                }
            )
            #expect(await yield { line.waitingCount == UInt(number + 1) })
        }
        for number in 0..<4 {
            line.list.notifyOne()
            #expect(await yield { line.order.count == number + 1 })
        }
        #expect(line.order == [0, 1, 2, 3])
        line.list.notifyAll()
        for task in tasks { await task.value }
        #expect(Set(line.order) == Set(0..<6))
        #expect(line.waitingCount == 0)
    }

    @Test("When a deadline races with a notification, that wakes the late thread or the next, never neither")
    func deadlineRacesWithNotification() async {
        for round in 0..<100 {
            let line = Line()
            let isOver = Lock(false)
            let late = Task {
                await onThread {
                    var ticket = WaitTicket()
                    let deadline = SystemNanosecondClock().nanoseconds() + UInt64(round) * 20_000
                    let outcome = line.list.park(ticket: &ticket, untilNanoseconds: deadline) { false }
                    isOver.withLock { $0 = true }
                    return outcome
                }
            }
            #expect(await yield { line.waitingCount == 1 || isOver.withLock { $0 } })
            let patient = Task {
                await onThread {
                    var ticket = WaitTicket()
                    return line.list.park(ticket: &ticket, untilNanoseconds: Self.farDeadline()) { false }
                }
            }
            #expect(
                await yield {
                    // First: once the late one is over, whoever is counted after that is the other.
                    let isLateGone = isOver.withLock { $0 }
                    return line.waitingCount == (isLateGone ? 1 : 2)
                }
            )
            line.list.notifyOne()
            if await late.value == .retry {
                #expect(line.waitingCount == 1)
                line.list.notifyOne()
            }
            #expect(await patient.value == .retry)
            #expect(line.waitingCount == 0)
        }
    }
}
