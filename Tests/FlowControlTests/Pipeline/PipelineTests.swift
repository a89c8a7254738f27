import BackpressureTesting
import BoundedQueues
import CircuitBreakers
import ConcurrencySupport
import FlowControl
import Testing

/// Keeps the letters of a pipeline as long as there is room.
final class PipelineLetters: DeadLetterSink {
    private let state = Lock((letters: [DeadLetter<PipelineElement>](), room: Int.max))

    init(room: Int = .max) { state.withLock { $0.room = room } }

    var letters: [DeadLetter<PipelineElement>] { state.withLock(\.letters) }

    func makeRoom(_ room: Int) { state.withLock { $0.room = room } }

    func accept(_ letter: DeadLetter<PipelineElement>) async -> Bool {
        state.withLock { state in
            guard state.letters.count < state.room else { return false }
            state.letters.append(letter)
            return true
        }
    }
}

/// What arrived.
final class Arrivals<Element: Sendable>: Sendable {
    private let state = Lock<[Element]>([])

    var all: [Element] { state.withLock { $0 } }

    func add(_ element: Element) { state.withLock { $0.append(element) } }
}

struct Malformed: Error {}

@Suite("Pipelines", .timeLimit(.minutes(3)))
struct PipelineTests {
    private static let factories: [any StageQueueFactory] = [
        MutexStageQueues(), RingStageQueues(), ActorStageQueues(),
    ]

    private func numbers(
        _ queues: some StageQueueFactory,
        _ letters: PipelineLetters,
        _ arrivals: Arrivals<String>
    ) -> Pipeline<Int> {
        Pipeline.source(of: Int.self, queues: queues, deadLetters: letters)
            .stage("double", concurrency: 2, capacity: 4) { number in
                guard number % 10 != 7 else { throw Malformed() }
                return number * 2
            }
            .stage("words", concurrency: 3, capacity: 2) { "\($0)" }
            .sink("keep", capacity: 1) { arrivals.add($0) }
    }

    @Test("What goes in comes out, and what is malformed goes to the dead letters", arguments: [0, 1, 2])
    func conservation(index: Int) async throws {
        let letters = PipelineLetters()
        let arrivals = Arrivals<String>()
        let pipeline = numbers(Self.factories[index], letters, arrivals)
        async let running = pipeline.run()
        for number in 0..<200 { #expect(await pipeline.push(number).isAccepted) }
        await pipeline.finish()
        #expect(try await running)
        let expected = (0..<200).filter { $0 % 10 != 7 }.map { "\($0 * 2)" }
        #expect(arrivals.all.sorted() == expected.sorted())
        #expect(letters.letters.compactMap { $0.element.value as? Int }.sorted() == (0..<200).filter { $0 % 10 == 7 })
        #expect(letters.letters.allSatisfy { $0.reason == .malformed("Malformed()") && $0.element.stage == "double" })
        let statistics = await pipeline.statistics()
        #expect(statistics.offered == 200)
        #expect(statistics.delivered == 180)
        #expect(statistics.deadLettered == 20)
        #expect(statistics.isBalanced)
        #expect(await pipeline.push(1) == .closed(1))
        #expect(try await pipeline.run())
    }

    @Test("What a stage makes nothing of is filtered, and what it makes several of comes out whole and in order")
    func notOneToOne() async throws {
        let letters = PipelineLetters()
        let arrivals = Arrivals<Int>()
        let pipeline = Pipeline.source(of: Int.self, deadLetters: letters)
            .filter("even", concurrency: 2, capacity: 2, keepsOrder: true) { $0.isMultiple(of: 2) }
            .compactMap("halve", concurrency: 2, capacity: 2, keepsOrder: true) { $0 % 10 == 8 ? nil : $0 / 2 }
            .flatMap("repeat", concurrency: 3, capacity: 2, keepsOrder: true) { number in
                if number == 6 { throw Malformed() }
                return Array(repeating: number, count: number % 4)
            }
            .sink("keep", capacity: 1) { arrivals.add($0) }
        async let running = pipeline.run()
        for number in 0..<100 { #expect(await pipeline.push(number).isAccepted) }
        await pipeline.finish()
        #expect(try await running)
        let halves = (0..<50).filter { $0 % 5 != 4 }
        let expected = halves.filter { $0 != 6 }.flatMap { Array(repeating: $0, count: $0 % 4) }
        #expect(arrivals.all == expected)
        let statistics = await pipeline.statistics()
        #expect(statistics.stages.map(\.filtered) == [50, 10, UInt64(halves.count { $0 % 4 == 0 }), 0])
        #expect(statistics.expanded == statistics.stages[2].expanded)
        #expect(statistics.delivered == UInt64(expected.count))
        #expect(statistics.deadLettered == 1)
        #expect(statistics.isBalanced)
    }

    @Test("What is left of an element that became several is given back, each as one")
    func givesBackTheRest() async throws {
        let pipeline = Pipeline.source(of: Int.self, deadLetters: PipelineLetters())
            .flatMap("repeat", capacity: 1) { number in (0..<5).map { number * 10 + $0 } }
            .sink("keep", capacity: 1) { _ in try await Task.sleep(for: .seconds(3_600)) }
        let running = Task { try await pipeline.run() }
        #expect(await pipeline.push(1).isAccepted)
        // One is being delivered, one waits, and three are in the worker's hand.
        while await pipeline.statistics().stages[1].depth == 0 { await Task.yield() }
        while await pipeline.statistics().stages[0].processed < 2 { await Task.yield() }
        #expect(await pipeline.statistics().inside == 5)
        let left = await pipeline.drain(within: .zero)
        #expect(left.compactMap { $0.element.value as? Int } == [10, 11, 12, 13, 14])
        #expect(left.allSatisfy { $0.element.stage == "keep" })
        _ = await running.result
        #expect(await pipeline.statistics().isBalanced)
    }

    @Test("A drain goes on where a run was cancelled that had ended the sequence already, and takes no more from it")
    func drainsAfterCancelledRun() async throws {
        let (numbers, feed) = AsyncStream<Int>.makeStream()
        for number in 0..<12 { feed.yield(number) }
        let allowed = Lock(0)
        let pipeline = Pipeline.source(numbers, deadLetters: PipelineLetters())
            .sink("slow", capacity: 2) { _ in
                func mayGo() -> Bool {
                    allowed.withLock { left in
                        guard left > 0 else { return false }
                        left -= 1
                        return true
                    }
                }
                while !mayGo() { try await Task.sleep(for: .microseconds(50)) }
            }
        let running = Task { try await pipeline.run() }
        while await pipeline.statistics().inside < 3 { await Task.yield() }
        await pipeline.finish()
        // What was taken from the sequence meanwhile finds room, and the sequence is over.
        allowed.withLock { $0 = 1 }
        while await pipeline.statistics().delivered < 1 { await Task.yield() }
        for _ in 0..<1_000 { await Task.yield() }
        running.cancel()
        #expect(try await !running.value)
        allowed.withLock { $0 = 100 }
        try await pipeline.drain()
        let statistics = await pipeline.statistics()
        // Three that were inside, the one freed room for, and one that was in the source's hand; not all twelve.
        #expect((3...5).contains(statistics.delivered), "\(statistics.delivered)")
        #expect(statistics.inside == 0 && statistics.isBalanced)
    }

    @Test("What the sink has done although it was cancelled is delivered, and not given back")
    func deliveredWhenCancelled() async throws {
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let pipeline = Pipeline.source(of: Int.self, deadLetters: PipelineLetters())
            .sink("insert", capacity: 1) { _ in
                begin.yield()
                // Takes no notice of its end.
                while !Task.isCancelled { await Task.yield() }
            }
        let running = Task { try await pipeline.run() }
        #expect(await pipeline.push(1).isAccepted)
        for await _ in begun { break }
        #expect(await pipeline.drain(within: .zero).isEmpty)
        _ = await running.result
        let statistics = await pipeline.statistics()
        #expect(statistics.delivered == 1 && statistics.returned == 0 && statistics.isBalanced)
    }

    @Test("A stage with several workers that keeps the order does, however long each takes")
    func order() async throws {
        let arrivals = Arrivals<Int>()
        let letters = PipelineLetters()
        let pipeline = Pipeline.source(of: Int.self, deadLetters: letters)
            .stage("slow", concurrency: 4, keepsOrder: true) { number -> Int in
                for _ in 0..<(number * 7919 % 13) { await Task.yield() }
                if number % 5 == 0 { throw Malformed() }
                return number
            }
            .sink { arrivals.add($0) }
        async let running = pipeline.run()
        for number in 0..<300 { await pipeline.push(number) }
        await pipeline.finish()
        _ = try await running
        #expect(arrivals.all == (0..<300).filter { $0 % 5 != 0 })
        #expect(letters.letters.count == 60)
    }

    @Test("A stage that stands still stops the source when its queues and hands are full, and no sooner")
    func backpressure() async throws {
        let gate = Arrivals<Int>()
        let pipeline = Pipeline.source(of: Int.self, policy: .reject, queues: .mutex, deadLetters: PipelineLetters())
            .stage("first", concurrency: 2, capacity: 3) { $0 }
            .stage("second", concurrency: 1, capacity: 4) { $0 }
            .sink("stuck", concurrency: 2, capacity: 5) { number in
                gate.add(number)
                while true {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
        let run = Task { try await pipeline.run() }
        let most = (2 + 3) + (1 + 4) + (2 + 5)
        var accepted = 0
        while accepted < most {
            if await pipeline.push(accepted).isAccepted { accepted += 1 }
            await Task.yield()
        }
        for _ in 0..<500 {
            #expect(await !pipeline.push(-1).isAccepted)
            await Task.yield()
        }
        let statistics = await pipeline.statistics()
        #expect(statistics.inside == most)
        #expect(statistics.stages.map(\.depth) == [3, 4, 5])
        #expect(statistics.stages.map(\.inFlight) == [2, 1, 2])
        #expect(statistics.isBalanced)

        // Cancelled, all that is inside stays there; given back, all of it comes, and the pipeline is over.
        run.cancel()
        #expect(try await !run.value)
        #expect(await pipeline.statistics().inside == most)
        let left = await pipeline.drain(within: .zero)
        #expect(left.compactMap { $0.element.value as? Int }.sorted() == Array(0..<most))
        #expect(left.allSatisfy { $0.reason == .shutDown })
        let after = await pipeline.statistics()
        #expect(after.inside == 0)
        #expect(after.isBalanced)
    }

    @Test("What a cancellation broke off is gone on with by the next run")
    func resumption() async throws {
        let arrivals = Arrivals<Int>()
        let isStuck = Lock(true)
        let pipeline = Pipeline.source(of: Int.self, deadLetters: PipelineLetters())
            .stage("work", concurrency: 2, keepsOrder: true) { number -> Int in
                while isStuck.withLock({ $0 }) {
                    try Task.checkCancellation()
                    await Task.yield()
                }
                return number
            }
            .sink { arrivals.add($0) }
        for number in 0..<10 { await pipeline.push(number) }
        let run = Task { try await pipeline.run() }
        while await pipeline.statistics().stages[0].inFlight < 2 { await Task.yield() }
        run.cancel()
        #expect(try await !run.value)
        isStuck.withLock { $0 = false }
        try await pipeline.drain()
        #expect(arrivals.all == Array(0..<10))
        #expect(await pipeline.statistics().isBalanced)
    }

    @Test("A sequence is iterated no faster than there is room, its error is thrown when all before it is through")
    func sequence() async throws {
        let arrivals = Arrivals<Int>()
        let given = Lock(0)
        let numbers = AsyncThrowingStream<Int, any Error>(unfolding: {
            let next = given.withLock { given in
                given += 1
                return given
            }
            if next > 50 { throw Malformed() }
            return next
        })
        let pipeline = Pipeline.source(numbers, queues: .mutex, deadLetters: PipelineLetters())
            .stage("same", capacity: 2) { number in
                // Inside: two in each queue, one in each hand, and the one that the sequence has just given.
                #expect(given.withLock { $0 } <= number + 7)
                return number
            }
            .sink(capacity: 2) { arrivals.add($0) }
        await #expect(throws: Malformed.self) { try await pipeline.run() }
        #expect(arrivals.all == Array(1...50))
        #expect(try await pipeline.run())
    }

    @Test("A drain ends the iteration of a sequence, and loses nothing that was taken from it")
    func drainedSequence() async throws {
        let arrivals = Arrivals<Int>()
        let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
        for number in 0..<20 { continuation.yield(number) }
        let pipeline = Pipeline.source(stream, deadLetters: PipelineLetters())
            .stage("same", capacity: 1) { $0 }
            .sink(capacity: 1) { arrivals.add($0) }
        let run = Task { try await pipeline.run() }
        while arrivals.all.count < 3 { await Task.yield() }
        try await pipeline.drain()
        #expect(try await run.value)
        let arrived = arrivals.all
        #expect(arrived == Array(0..<arrived.count))
        let statistics = await pipeline.statistics()
        #expect(statistics.offered == UInt64(arrived.count))
        #expect(statistics.isBalanced)
    }

    @Test("A stage that may retry does so with its back-off, and gives up after its last attempt")
    func retries() async throws {
        let clock = ManualClock()
        let letters = PipelineLetters()
        let arrivals = Arrivals<Int>()
        let tries = Lock<[Int: Int]>([:])
        let retry = RetryBackoff(attempts: 3, first: .milliseconds(10), longest: .seconds(1), jitter: 0)
        let pipeline = Pipeline.source(of: Int.self, deadLetters: letters, clock: clock)
            .stage("flaky", concurrency: 4, retry: retry) { number -> Int in
                let attempt = tries.withLock { tries in
                    tries[number, default: 0] += 1
                    return tries[number]!
                }
                if attempt == 1, number == 3 { throw CircuitOpen(retryAfterNanoseconds: 5_000_000) }
                if number == 3 || attempt <= number { throw Malformed() }
                return number
            }
            .sink { arrivals.add($0) }
        for number in 0..<4 { await pipeline.push(number) }
        let run = Task { try await pipeline.run() }
        let drain = Task { try await pipeline.drain() }
        await drive(clock, every: .milliseconds(5)) { await pipeline.statistics().inside == 0 }
        try await drain.value
        _ = try await run.value
        #expect(arrivals.all.sorted() == [0, 1, 2])
        #expect(tries.withLock { $0 } == [0: 1, 1: 2, 2: 3, 3: 4])
        #expect(letters.letters.map(\.attempts) == [3])
        #expect(letters.letters.map(\.reason) == [.failed("Malformed()")])
    }

    @Test("A letter for which there is no room is kept, and holds up its worker")
    func fullLetters() async throws {
        let clock = ManualClock()
        let letters = PipelineLetters(room: 0)
        let pipeline = Pipeline.source(of: Int.self, policy: .reject, deadLetters: letters, clock: clock)
            .sink(capacity: 2) { _ in throw Malformed() }
        let run = Task { try await pipeline.run() }
        await pipeline.push(0)
        await clock.waitForSleepers(1)
        for number in 1..<5 { await pipeline.push(number) }
        #expect(await pipeline.statistics().inside == 3)
        letters.makeRoom(.max)
        await pipeline.finish()
        await drive(clock) { letters.letters.count == 3 }
        #expect(try await run.value)
        let statistics = await pipeline.statistics()
        #expect(statistics.deadLettered == 3)
        #expect(statistics.returned == 2)
        #expect(statistics.isBalanced)
    }

    @Test("A clock that is set back while it works costs it nothing but the time")
    func setBack() async throws {
        let clock = ManualClock(nanoseconds: 5_000)
        let arrivals = Arrivals<Int>()
        let pipeline = Pipeline.source(of: Int.self, deadLetters: PipelineLetters(), clock: clock)
            .sink { arrivals.add($0) }
        let run = Task { try await pipeline.run() }
        await pipeline.push(1)
        while await pipeline.statistics().delivered == 0 { await Task.yield() }
        clock.set(nanoseconds: 1_000)
        #expect(await pipeline.statistics().isBalanced)
        await pipeline.finish()
        #expect(try await run.value)
        #expect(arrivals.all == [1])
    }

    @Test("Waits and services are measured, and the stage with the least idle workers is the bottleneck")
    func bottleneck() async throws {
        let clock = ManualClock()
        func work(_ milliseconds: UInt64) -> @Sendable (Int) async throws -> Int {
            { number in
                try await clock.sleep(untilNanoseconds: clock.nanoseconds() + milliseconds * 1_000_000)
                return number
            }
        }
        let pipeline = Pipeline.source(of: Int.self, deadLetters: PipelineLetters(), clock: clock)
            .stage("quick", work(1))
            .stage("broad", concurrency: 4, work(8))
            .stage("narrow", work(4))
            .sink { _ in }
        for number in 0..<40 { await pipeline.push(number) }
        async let driven: Void = drive(clock, every: .milliseconds(1)) { await pipeline.statistics().delivered == 40 }
        async let drained: Void = pipeline.drain()
        await driven
        try await drained
        let statistics = await pipeline.statistics()
        #expect(statistics.bottleneck?.name == "narrow")
        let narrow = statistics.stages[2]
        #expect(narrow.service.count == 40)
        #expect(narrow.service.meanNanoseconds >= 4_000_000)
        #expect(narrow.wait.longestNanoseconds > statistics.stages[3].wait.longestNanoseconds)
        #expect(statistics.stages.allSatisfy { (0...1).contains($0.utilization) })
    }

    @Test("The depth of the first queue slows producers down, and they are let go when it is empty")
    func signals() async throws {
        let signals = FlowSignals()
        let pipeline = Pipeline.source(of: Int.self, deadLetters: PipelineLetters(), signals: signals)
            .sink(capacity: 10) { _ in }
        for number in 0..<9 { await pipeline.push(number) }
        #expect(signals.level == .pause)
        try await pipeline.drain()
        #expect(signals.level == .resume)
    }
}
