import BackpressureTesting
import BoundedQueues
import CForeignImplementations
import Synchronization
import Testing

@testable import BackpressureBenchmark

@Suite("A queue behind C functions")
struct ForeignQueueTests {
    @Test("gives back what doesn't fit, and keeps the order")
    func bounded() async throws {
        let queue = try ForeignQueue<UInt64>(.list, capacity: 2, policy: .block)
        #expect(queue.capacity == 2)
        #expect(queue.tryPush(1) == .accepted)
        #expect(queue.tryPush(2) == .accepted)
        #expect(queue.tryPush(3) == .full(3))
        #expect(queue.tryPop() == 1)
        #expect(queue.tryPop() == 2)
        #expect(queue.tryPop() == nil)
    }

    @Test("is closed by the adapter, can still be emptied, and knows then that it is empty")
    func closing() async throws {
        let queue = try ForeignQueue<UInt64>(.list, capacity: 2, policy: .block)
        #expect(queue.tryPush(1) == .accepted)
        #expect(queue.statistics().depth == 1)
        queue.close()
        queue.close()
        #expect(queue.tryPush(2) == .closed(2))
        #expect(await queue.push(3) == .closed(3))
        #expect(await queue.pop() == 1)
        #expect(queue.statistics().depth == 1, "nobody has found it empty yet")
        #expect(await queue.pop() == nil)
        #expect(queue.statistics().depth == 0)
        #expect(Calls.of(queue).close == 1)
    }

    @Test("asks once more when it is closed, alone, before it believes that it is empty")
    func relaxedEmptiness() async throws {
        let queue = try ForeignQueue<UInt64>(.list, capacity: 2, policy: .block)
        #expect(queue.tryPush(1) == .accepted)
        Calls.of(queue).falseEmpties = 1
        #expect(queue.tryPop() == nil, "another call might have been in flight")
        queue.close()
        Calls.of(queue).falseEmpties = 1
        #expect(queue.tryPop() == 1)
        #expect(queue.statistics().depth == 1)
        #expect(queue.tryPop() == nil)
        #expect(queue.statistics().depth == 0)
    }

    @Test("suspends producers and consumers by asking again")
    func suspending() async throws {
        let queue = try ForeignQueue<UInt64>(.list, capacity: 1, policy: .block)
        async let sum = withTaskGroup(of: UInt64.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    var sum: UInt64 = 0
                    while let value = await queue.pop() { sum += value }
                    return sum
                }
            }
            return await group.reduce(0, +)
        }
        for value in 1...100 as ClosedRange<UInt64> { #expect(await queue.push(value) == .accepted) }
        queue.close()
        #expect(await sum == 5_050)
    }

    @Test("gives up waiting when the task is cancelled, and doesn't wait where the policy says so")
    func notWaiting() async throws {
        let queue = try ForeignQueue<UInt64>(.list, capacity: 1, policy: .block)
        #expect(await Task.cancelled { await queue.pop() } == nil)
        #expect(queue.tryPush(1) == .accepted)
        #expect(await Task.cancelled { await queue.push(2) } == .cancelled(2))
        let rejecting = try ForeignQueue<UInt64>(.list, capacity: 1, policy: .reject)
        #expect(await rejecting.push(1) == .accepted)
        let full = QueueFullError(depth: 1, capacity: 1, retryAfterNanoseconds: 0)
        #expect(await rejecting.push(2) == .rejected(2, full))
    }

    @Test("holds references to payloads as long as they are inside, and no longer")
    func payloads() throws {
        weak var refused: Payload?
        weak var inside: Payload?
        weak var taken: Payload?
        do {
            let queue = try ForeignQueue<Payload>(.list, capacity: 2, policy: .block)
            for number in 0..<3 as Range<UInt64> {
                let payload = Payload.make(number: number, byteCount: 64)
                if number == 0 { taken = payload } else if number == 1 { inside = payload } else { refused = payload }
                #expect(queue.tryPush(payload).isAccepted == (number < 2))
            }
            #expect(refused == nil && inside != nil)
            #expect(queue.tryPop()?.number == 0)
            #expect(taken == nil)
        }
        #expect(inside == nil, "the queue is gone, and what was in it")
    }

    @Test("takes its bound from the library, which must name a possible one")
    func capacity() throws {
        var entry = backpressure_queue_v1.list
        entry.capacity = { _ in 64 }
        #expect(try ForeignQueue<UInt64>(entry, capacity: 50, policy: .block).capacity == 64)
        entry.capacity = { _ in 0 }
        #expect(throws: MeasurementError.self) { try ForeignQueue<UInt64>(entry, capacity: 50, policy: .block) }
        entry.capacity = { _ in -1 }
        #expect(throws: MeasurementError.self) { try ForeignQueue<UInt64>(entry, capacity: 50, policy: .block) }
        entry.create = { _ in nil }
        #expect(throws: MeasurementError.self) { try ForeignQueue<UInt64>(entry, capacity: 50, policy: .block) }
    }

    @Test("blocks no longer than it is told to")
    func timeouts() throws {
        let queue = try ForeignQueue<UInt64>(.list, capacity: 1, policy: .block)
        #expect(queue.canBlock)
        #expect(queue.popBlocking(timeout: .zero) == .timedOut)
        #expect(Calls.of(queue).waits == [0])
        #expect(queue.pushBlocking(1, timeout: .zero) == .accepted)
        #expect(queue.pushBlocking(2, timeout: .milliseconds(50)) == .timedOut(2))
        #expect(Calls.of(queue).waits.count == 2 && Calls.of(queue).waits[1] <= 50_000_000)
        #expect(queue.popBlocking(timeout: nil) == .element(1))
    }

    @Test("notices while it blocks that it was closed, though the library knows nothing of it")
    func closedWhileBlocking() throws {
        var entry = backpressure_queue_v1.list
        entry.close = nil
        let queue = try ForeignQueue<UInt64>(entry, capacity: 1, policy: .block)
        #expect(queue.tryPush(1) == .accepted)
        // Whoever waits closes the queue: as if another thread did meanwhile.
        Calls.of(queue).whenWaiting = { queue.close() }
        #expect(queue.pushBlocking(2, timeout: nil) == .closed(2))
        #expect(queue.popBlocking(timeout: nil) == .element(1))
        #expect(queue.popBlocking(timeout: nil) == .finished)
        Calls.of(queue).whenWaiting = nil
    }

    @Test("is closed for those who block when the library says so")
    func closedByLibrary() throws {
        var entry = backpressure_queue_v1.list
        entry.push_wait = { _, _, _ in -1 }
        entry.pop_wait = { _, _, _ in -1 }
        let queue = try ForeignQueue<UInt64>(entry, capacity: 1, policy: .block)
        #expect(queue.pushBlocking(1, timeout: nil) == .closed(1))
        #expect(queue.popBlocking(timeout: nil) == .finished)
    }
}

extension Task where Failure == Never {
    /// What an operation comes to in a task that is cancelled before it begins.
    fileprivate static func cancelled(_ operation: @escaping @Sendable () async -> Success) async -> Success {
        await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await operation()
        }.value
    }
}

/// The object behind the C functions: a list behind a lock, which notes the calls that matter here.
private final class Calls: Sendable {
    private struct State {
        var values: [UInt64] = []
        var waits: [Int64] = []
        var close = 0
        var falseEmpties = 0
        var whenWaiting: (@Sendable () -> Void)?
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = capacity }

    static func of<Element>(_ queue: ForeignQueue<Element>) -> Calls { at(queue.queue) }

    static func at(_ pointer: UnsafeMutableRawPointer?) -> Calls {
        Unmanaged<Calls>.fromOpaque(pointer!).takeUnretainedValue()
    }

    var waits: [Int64] { state.withLock { $0.waits } }
    var close: Int { state.withLock { $0.close } }
    /// So many pops to come find nothing whatever is inside, as in a relaxed queue while another call is in flight.
    var falseEmpties: Int {
        get { state.withLock { $0.falseEmpties } }
        set { state.withLock { $0.falseEmpties = newValue } }
    }
    var whenWaiting: (@Sendable () -> Void)? {
        get { state.withLock { $0.whenWaiting } }
        set { state.withLock { $0.whenWaiting = newValue } }
    }

    func noteClose() { state.withLock { $0.close += 1 } }

    /// A wait that takes no time.
    func noteWait(_ nanoseconds: Int64) {
        state.withLock { $0.waits.append(nanoseconds) }
        whenWaiting?()
    }

    func push(_ value: UInt64) -> Int32 {
        state.withLock { state in
            guard state.values.count < capacity else { return 0 }
            state.values.append(value)
            return 1
        }
    }

    func pop() -> UInt64? {
        state.withLock { state in
            guard state.falseEmpties == 0 else {
                state.falseEmpties -= 1
                return nil
            }
            return state.values.isEmpty ? nil : state.values.removeFirst()
        }
    }
}

extension backpressure_queue_v1 {
    /// A queue that is right, in Swift.
    fileprivate static var list: backpressure_queue_v1 {
        var entry = backpressure_queue_v1()
        entry.create = { Unmanaged.passRetained(Calls(capacity: $0)).toOpaque() }
        entry.destroy = { Unmanaged<Calls>.fromOpaque($0!).release() }
        entry.try_push = { Calls.at($0).push($1) }
        entry.try_pop = { queue, value in
            guard let popped = Calls.at(queue).pop() else { return 0 }
            value?.pointee = popped
            return 1
        }
        entry.push_wait = { queue, value, timeout in
            if Calls.at(queue).push(value) == 1 { return 1 }
            Calls.at(queue).noteWait(timeout)
            return 0
        }
        entry.pop_wait = { queue, value, timeout in
            if let popped = Calls.at(queue).pop() {
                value?.pointee = popped
                return 1
            }
            Calls.at(queue).noteWait(timeout)
            return 0
        }
        entry.close = { Calls.at($0).noteClose() }
        return entry
    }
}
