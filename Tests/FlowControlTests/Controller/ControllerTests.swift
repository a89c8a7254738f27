import BackpressureTesting
import BoundedQueues
import CircuitBreakers
import ConcurrencySupport
import Testing

@testable import FlowControl

struct Broken: Error {}

/// A sink that tests script: keeps what was delivered and answers as told.
final class ScriptedSink: Sendable {
    enum Answer: Sendable {
        case deliver
        case fail([Int], permanently: Bool = false)
        case refuse(any Error)
        /// Waits until it is released or cancelled, and then delivers or throws.
        case hang
    }

    private struct State {
        var answers: [Answer] = []
        var otherwise = Answer.deliver
        var batches: [[Int]] = []
        var delivered: [Int] = []
    }

    private let state = Lock(State())
    let gate = LatestValue<Bell, HardwareWord>(Bell())

    init(_ answers: Answer..., otherwise: Answer = .deliver) {
        state.withLock {
            $0.answers = answers
            $0.otherwise = otherwise
        }
    }

    var batches: [[Int]] { state.withLock(\.batches) }
    var delivered: [Int] { state.withLock(\.delivered) }

    func answer(_ answer: Answer) { state.withLock { $0.otherwise = answer } }

    func flush(_ batch: [Int]) async throws -> FlushResult {
        let stamp = gate.stamp
        let answer = state.withLock { state in
            state.batches.append(batch)
            return state.answers.isEmpty ? state.otherwise : state.answers.removeFirst()
        }
        switch answer {
        case .deliver: break
        case .fail(let indices, let permanently):
            let failures = indices.filter(batch.indices.contains).map {
                FlushResult.Failure(index: $0, error: Broken(), isPermanent: permanently)
            }
            let failed = Set(failures.map(\.index))
            let rest = batch.indices.filter { !failed.contains($0) }.map { batch[$0] }
            state.withLock { $0.delivered += rest }
            return FlushResult(failures: failures)
        case .refuse(let error): throw error
        case .hang: guard await gate.changed(since: stamp) else { throw CancellationError() }
        }
        state.withLock { $0.delivered += batch }
        return .delivered
    }
}

/// Takes letters as long as there is room.
final class LetterBox: DeadLetterSink {
    private let state = Lock((letters: [DeadLetter<Int>](), room: Int.max))

    init(room: Int = .max) { state.withLock { $0.room = room } }

    var letters: [DeadLetter<Int>] { state.withLock(\.letters) }

    func makeRoom(_ room: Int) { state.withLock { $0.room = room } }

    func accept(_ letter: DeadLetter<Int>) async -> Bool {
        state.withLock { state in
            guard state.letters.count < state.room else { return false }
            state.letters.append(letter)
            return true
        }
    }
}

/// Advances a clock whenever someone sleeps on it, until it is told to stop.
func drive(
    _ clock: ManualClock,
    every step: Duration = .milliseconds(10),
    until isDone: @Sendable () async -> Bool
) async {
    while await !isDone() {
        if clock.sleeperCount > 0 { clock.advance(by: step) }
        await Task.yield()
    }
}

@Suite("Watermark controller", .timeLimit(.minutes(3)))
struct ControllerTests {
    private let clock = ManualClock(nanoseconds: 5_000_000)
    private let retry = RetryBackoff(attempts: 3, first: .milliseconds(10), longest: .milliseconds(80), jitter: 0)

    private func controller(
        capacity: Int = 10,
        policy: OverflowPolicy = .reject,
        pacing: FlushPacing = .fixed(interval: .milliseconds(100), batch: 4),
        letters: LetterBox? = nil,
        signals: FlowSignals? = nil,
        _ sink: ScriptedSink
    ) -> WatermarkController<MutexQueue<Int>> {
        WatermarkController(
            queue: MutexQueue(capacity: capacity, policy: policy),
            pacing: pacing,
            retry: retry,
            deadLetters: letters,
            signals: signals,
            clock: clock,
            sink: { try await sink.flush($0) }
        )
    }

    @Test("The state follows the queue's depth, and producers are told")
    func states() async {
        let signals = FlowSignals()
        let controller = controller(signals: signals, ScriptedSink())
        var seen: [WatermarkState] = []
        var levels: [FlowLevel] = []
        for element in 0..<11 {
            _ = await controller.push(element)
            seen.append(controller.state)
            levels.append(signals.level)
        }
        let normal = [WatermarkState](repeating: .normal, count: 4)
        #expect(seen == normal + [.elevated, .elevated, .elevated, .critical, .critical, .blocked, .blocked])
        #expect(levels == levels.sorted())
        #expect(levels.last == .pause)
        let statistics = await controller.statistics()
        #expect(statistics.returned == 1)
        #expect(statistics.isBalanced)
    }

    @Test("A full batch is flushed at once, what is left when the interval is over")
    func intervals() async {
        let sink = ScriptedSink()
        let controller = controller(sink)
        let run = Task { await controller.run() }
        _ = await controller.push(0)
        await drive(clock, every: .nanoseconds(0)) { sink.batches == [[0]] }
        for element in 1...6 { _ = await controller.push(element) }
        await drive(clock, every: .nanoseconds(0)) { sink.batches.count >= 2 && clock.sleeperCount == 1 }
        #expect(sink.batches == [[0], [1, 2, 3, 4]])
        clock.advance(by: .milliseconds(99))
        #expect(sink.batches.count == 2)
        clock.advance(by: .milliseconds(1))
        await drive(clock, every: .nanoseconds(0)) { sink.batches.count == 3 }
        #expect(sink.batches.last == [5, 6])
        run.cancel()
        await run.value
        let statistics = await controller.statistics()
        #expect(statistics.delivered == 7)
        #expect(statistics.inside == 0)
        #expect(statistics.isBalanced)
    }

    @Test("Elements that a flush says have failed are tried again, first in their batch, and the others are not")
    func partialFailure() async throws {
        let sink = ScriptedSink(.fail([1, 3]))
        let controller = controller(sink)
        for element in 0..<8 { _ = await controller.push(element) }
        async let driven: Void = drive(clock) { controller.state == .drained }
        try await controller.drain()
        await driven
        // What waits to be tried again takes up its places in the batch.
        #expect(sink.batches == [[0, 1, 2, 3], [4, 5], [6, 7], [1, 3]])
        #expect(sink.delivered.sorted() == Array(0..<8))
        let statistics = await controller.statistics()
        #expect(statistics.delivered == 8)
        #expect(statistics.partlyFailedFlushes == 1)
        #expect(statistics.failedAttempts == 2)
        #expect(statistics.isBalanced)
    }

    @Test("After a flush that throws nothing is flushed until its wait is over, and the batch comes again in its order")
    func thrownFlush() async throws {
        let sink = ScriptedSink(.refuse(Broken()), .refuse(Broken()))
        let controller = controller(sink)
        for element in 0..<6 { _ = await controller.push(element) }
        let run = Task { await controller.run() }
        for wait in [10, 20] {
            await clock.waitForSleepers(1)
            let flushes = sink.batches.count
            clock.advance(by: .milliseconds(wait - 1))
            #expect(clock.sleeperCount == 1)
            #expect(sink.batches.count == flushes)
            clock.advance(by: .milliseconds(1))
        }
        await drive(clock) { sink.delivered.count == 6 }
        #expect(sink.batches == [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3], [4, 5]])
        try await controller.drain()
        await run.value
        #expect(controller.state == .drained)
    }

    @Test("After its last attempt an element is dead-lettered with its reason and attempts; a malformed one at once")
    func deadLetters() async throws {
        let letters = LetterBox()
        let sink = ScriptedSink(.fail([2], permanently: true), otherwise: .fail([0]))
        let controller = controller(letters: letters, sink)
        for element in 0..<4 { _ = await controller.push(element) }
        async let driven: Void = drive(clock) { controller.state == .drained }
        try await controller.drain()
        await driven
        #expect(sink.delivered == [0, 1, 3])
        #expect(letters.letters.map(\.element) == [2])
        #expect(letters.letters.first?.attempts == 1)
        #expect(letters.letters.first?.reason == .malformed("Broken()"))

        let other = self.controller(letters: letters, ScriptedSink(otherwise: .refuse(Broken())))
        _ = await other.push(7)
        async let again: Void = drive(clock) { other.state == .drained }
        try await other.drain()
        await again
        #expect(letters.letters.last?.element == 7)
        #expect(letters.letters.last?.attempts == 3)
        #expect(letters.letters.last?.reason == .failed("Broken()"))
        #expect(await other.statistics().deadLettered == 1)
        #expect(await other.statistics().isBalanced)
    }

    @Test("Letters for which there is no room are kept and offered again, and the queue fills behind them")
    func fullSink() async {
        let letters = LetterBox(room: 1)
        let sink = ScriptedSink(otherwise: .fail([0, 1, 2, 3], permanently: true))
        let controller = controller(letters: letters, sink)
        let run = Task { await controller.run() }
        var accepted: [Int] = []
        var next = 0
        func push() async {
            if await controller.push(next).isAccepted { accepted.append(next) }
            next += 1
            if clock.sleeperCount > 0 { clock.advance(by: .milliseconds(100)) }
            await Task.yield()
        }
        // The queue, the batch that is held, and the one letter: that many are taken, however slow the controller is.
        while accepted.count < 10 + 4 + 1 { await push() }
        await drive(clock) { await controller.statistics().refusedLetters > 0 && controller.state == .blocked }
        for _ in 0..<1_000 { await push() }
        #expect(accepted.count == 10 + 4 + 1)
        #expect(letters.letters.count == 1)
        #expect(controller.state == .blocked)
        #expect(await controller.statistics().isBalanced)

        letters.makeRoom(.max)
        await drive(clock) { [accepted] in letters.letters.count == accepted.count }
        #expect(controller.state == .normal)
        #expect(letters.letters.map(\.element) == accepted)
        run.cancel()
        await run.value
    }

    @Test("An open circuit is waited out as long as it says, and is no attempt")
    func openCircuit() async throws {
        let open = CircuitOpen(retryAfterNanoseconds: 700_000_000)
        let sink = ScriptedSink(.refuse(open), .refuse(open), .refuse(open), .refuse(open))
        let letters = LetterBox()
        let controller = controller(letters: letters, sink)
        _ = await controller.push(1)
        let start = clock.nanoseconds()
        async let driven: Void = drive(clock) { controller.state == .drained }
        try await controller.drain()
        await driven
        #expect(sink.delivered == [1])
        #expect(letters.letters.isEmpty)
        #expect(clock.nanoseconds() - start >= 4 * 700_000_000)
        #expect(await controller.statistics().failedAttempts == 0)
    }

    @Test("Without a dead-letter sink nothing is given up")
    func noLetters() async throws {
        let sink = ScriptedSink(otherwise: .refuse(Broken()))
        let controller = controller(sink)
        _ = await controller.push(1)
        async let driven: Void = drive(clock) { controller.state == .drained }
        async let recovery: Void = {
            while sink.batches.count < 20 { await Task.yield() }
            sink.answer(.deliver)
        }()
        try await controller.drain()
        await driven
        await recovery
        #expect(sink.delivered == [1])
    }
}

@Suite("Shutdown of a watermark controller", .timeLimit(.minutes(3)))
struct ControllerShutdownTests {
    private let clock = ManualClock()

    private func controller(_ sink: ScriptedSink) -> WatermarkController<MutexQueue<Int>> {
        WatermarkController(
            queue: MutexQueue(capacity: 8),
            pacing: .fixed(interval: .milliseconds(100), batch: 4),
            retry: RetryBackoff(attempts: 100, first: .milliseconds(10), longest: .milliseconds(10), jitter: 0),
            clock: clock,
            sink: { try await sink.flush($0) }
        )
    }

    @Test("Draining flushes all that was accepted, closes the door, and ends in drained; again it does nothing")
    func drain() async throws {
        let sink = ScriptedSink()
        let controller = controller(sink)
        for element in 0..<7 { _ = await controller.push(element) }
        try await controller.drain()
        #expect(sink.delivered == Array(0..<7))
        #expect(controller.state == .drained)
        #expect(await controller.push(9) == .closed(9))
        #expect(controller.state == .drained)
        try await controller.drain()
        #expect(await controller.drain(within: .seconds(1)).isEmpty)
        await controller.run()
        #expect(sink.batches.count == 2)
        #expect(await controller.statistics().isBalanced)
    }

    @Test("The states end with drained")
    func states() async throws {
        let controller = controller(ScriptedSink(.hang))
        let states = Task {
            var states: [WatermarkState] = []
            for await state in controller.states { states.append(state) }
            return states
        }
        for element in 0..<8 { _ = await controller.push(element) }
        let drain = Task { await controller.drain(within: .zero) }
        #expect(await drain.value.map(\.element) == Array(0..<8))
        let seen = await states.value
        #expect(seen.last == .drained)
        #expect(seen == seen.sorted())
    }

    @Test("A drain that is cancelled leaves what is left inside, and can be gone on with")
    func cancelledDrain() async throws {
        let sink = ScriptedSink(.hang)
        let controller = controller(sink)
        for element in 0..<3 { _ = await controller.push(element) }
        let drain = Task { try await controller.drain() }
        while sink.batches.isEmpty { await Task.yield() }
        drain.cancel()
        await #expect(throws: CancellationError.self) { try await drain.value }
        #expect(controller.state == .draining)
        #expect(await controller.statistics().held == 3)
        #expect(await controller.statistics().failedAttempts == 0)
        try await controller.drain()
        #expect(sink.delivered == [0, 1, 2])
    }

    @Test("Draining takes over from a run that is cancelled meanwhile")
    func takeOver() async throws {
        let sink = ScriptedSink(.hang)
        let controller = controller(sink)
        for element in 0..<8 { _ = await controller.push(element) }
        let run = Task { await controller.run() }
        while sink.batches.isEmpty { await Task.yield() }
        let drain = Task { try await controller.drain() }
        while controller.state != .draining { await Task.yield() }
        run.cancel()
        try await drain.value
        await run.value
        #expect(sink.delivered == Array(0..<8))
    }

    @Test(
        "When its time is over, a drain breaks off the flush and gives back what is left, oldest first, with its attempts"
    )
    func deadline() async {
        let sink = ScriptedSink(.refuse(Broken()), .hang)
        let controller = controller(sink)
        for element in 0..<8 { _ = await controller.push(element) }
        let run = Task { await controller.run() }
        await clock.waitForSleepers(1)
        clock.advance(by: .milliseconds(10))
        while sink.batches.count < 2 { await Task.yield() }
        let drain = Task { await controller.drain(within: .seconds(1)) }
        while controller.state != .draining { await Task.yield() }
        await clock.waitForSleepers(1)
        clock.advance(by: .seconds(1))
        let left = await drain.value
        await run.value
        #expect(left.map(\.element) == Array(0..<8))
        #expect(left.map(\.attempts) == [1, 1, 1, 1, 0, 0, 0, 0])
        #expect(left.first?.reason == .failed("Broken()"))
        #expect(left.last?.reason == .shutDown)
        #expect(controller.state == .drained)
        let statistics = await controller.statistics()
        #expect(statistics.givenBack == 8)
        #expect(statistics.inside == 0)
        #expect(statistics.isBalanced)
    }

    @Test("A producer that waits for room at shutdown gets its element back")
    func waitingProducer() async {
        let controller = controller(ScriptedSink(otherwise: .hang))
        for element in 0..<8 { _ = await controller.push(element) }
        let waiting = Task { await controller.push(8) }
        for _ in 0..<50 { await Task.yield() }
        let left = await controller.drain(within: .zero)
        let result = await waiting.value
        #expect(result == .closed(8))
        #expect(left.count == 8)
        #expect(await controller.statistics().isBalanced)
    }
}
