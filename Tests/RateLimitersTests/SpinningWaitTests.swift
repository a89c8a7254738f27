import BackpressureTesting
import ConcurrencySupport
import Foundation
import Synchronization
import Testing

@testable import RateLimiters

/// Limiters on a clock that has whoever waits awake a little before the time.
@Suite("Callers that spin for the end of their wait", .serialized, .timeLimit(.minutes(5)))
struct SpinningWaitTests {
    /// Moves on by itself, on a thread of its own, since who spins for it keeps a thread of the pool.
    final class MovingClock: NanosecondClock {
        let manual = ManualClock(nanoseconds: 5_000_000)
        let spinNanoseconds: UInt64 = 400
        private let restsLog = Lock<[UInt64]>([])
        /// What the timers slept short of.
        var rests: [UInt64] { restsLog.withLock { $0 } }
        /// Called with each reading.
        let onRead: @Sendable (UInt64) -> Void
        /// Where it stands still.
        let stop: Atomic<UInt64>
        private let isStopped = Atomic(false)

        init(stop: UInt64 = .max, onRead: @escaping @Sendable (UInt64) -> Void = { _ in }) {
            self.stop = Atomic(stop)
            self.onRead = onRead
        }

        func nanoseconds() -> UInt64 {
            let now = manual.nanoseconds()
            onRead(now)
            return now
        }

        func sleep(untilNanoseconds deadline: UInt64) async throws {
            try await manual.sleep(untilNanoseconds: deadline)
        }

        func sleep(shortOfNanoseconds deadline: UInt64) async throws {
            restsLog.withLock { $0.append(deadline) }
            try await manual.sleep(untilNanoseconds: deadline - spinNanoseconds)
        }

        /// Runs `body` while the clock moves.
        func run<Result>(_ body: () async -> Result) async -> Result {
            Thread { [self] in
                while !isStopped.load(ordering: .relaxed) {
                    if manual.nanoseconds() < stop.load(ordering: .relaxed) { manual.advance(byNanoseconds: 20) }
                }
            }.start()
            defer { isStopped.store(true, ordering: .relaxed) }
            return await body()
        }
    }

    typealias Maker = @Sendable (MovingClock) -> any AdjustableRateLimiter

    /// A permit takes a microsecond.
    static let rate = Rate(permits: 1, perNanoseconds: 1_000)
    static let families: [(callersSpin: Bool, make: Maker)] = [
        (true, { MutexTokenBucket(rate: rate, burst: 1, clock: $0) }),
        (true, { LockFreeTokenBucket(rate: rate, burst: 1, clock: $0) }),
        (false, { ActorTokenBucket(rate: rate, burst: 1, clock: $0) }),
    ]

    @Test("One after the other, none goes before its time and all go", arguments: families.indices)
    func alone(family: Int) async throws {
        let clock = MovingClock()
        let limiter = Self.families[family].make(clock)
        #expect(await limiter.tryAcquire(1) == .granted)
        let start = clock.nanoseconds()
        let times = await clock.run {
            var times: [UInt64] = []
            for _ in 0..<20 {
                try? await limiter.acquire(1, timeout: nil)
                times.append(clock.nanoseconds() - start)
            }
            return times
        }
        for (index, time) in times.enumerated() { #expect(time >= UInt64(index + 1) * 1_000) }
        // Whoever asks an actor doesn't spin itself: its timer does.
        if !Self.families[family].callersSpin { #expect(clock.rests.isEmpty) }
    }

    @Test("Of many in line, with some who leave it, no more go than permits fall due", arguments: families.indices)
    func line(family: Int) async {
        let clock = MovingClock()
        let limiter = Self.families[family].make(clock)
        #expect(await limiter.tryAcquire(1) == .granted)
        let start = clock.nanoseconds()
        let times = await clock.run {
            await withTaskGroup(of: UInt64?.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        let caller = Task { try await limiter.acquire(1, timeout: nil) }
                        if index.isMultiple(of: 3) {
                            for _ in 0..<(index % 7) { await Task.yield() }
                            caller.cancel()
                        }
                        guard (try? await caller.value) != nil else { return nil }
                        return clock.nanoseconds() - start
                    }
                }
                return await group.reduce(into: [UInt64]()) { if let time = $1 { $0.append(time) } }
            }
        }
        // Whoever isn't cancelled goes.
        #expect(times.count >= 133)
        for (index, time) in times.sorted().enumerated() { #expect(time >= UInt64(index + 1) * 1_000) }
        // Nobody is left in the line, whose debts a newcomer would wait for.
        if case .refused(let delay) = await limiter.tryAcquire(1) { #expect(delay.nanoseconds <= 1_000) }
    }

    @Test("Who is cancelled after it was woken and before it runs keeps its place")
    func cancelledAsItWakes() async {
        var state = TokenBucketState(rate: Self.rate, burst: 1, nowNanoseconds: 0)
        var line = WaitingLine(leadNanoseconds: 400)
        let noTimer: WaitingLine.StartTimer = { _ in Task {} }
        #expect(state.tryAcquire(1, atNanoseconds: 0) == .granted)
        let id = line.makeID()
        let outcome = await withUnsafeContinuation { continuation in
            let request = WaitingLine.Request(permits: 1, longestNanoseconds: .max, id: id, continuation: continuation)
            line.enter(request, &state, atNanoseconds: 0, startTimer: noTimer)()
            #expect(line.lookAround(&state, atNanoseconds: 599).next == 1_000)
            let (wakeUp, next) = line.lookAround(&state, atNanoseconds: 600)
            #expect(next == nil)
            // Resumes nobody, or the continuation would be resumed twice.
            line.leave(id: id, &state, atNanoseconds: 700, startTimer: noTimer)()
            wakeUp()
        }
        guard case .grantedSoon(1_000) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        // The permit wasn't given back.
        #expect(state.tryAcquire(1, atNanoseconds: 999)?.isGranted == false)
        line.arrive(&state, atNanoseconds: 1_000, startTimer: noTimer)()
        #expect(state.tryAcquire(1, atNanoseconds: 1_000) == .refused(retryAfter: .init(nanoseconds: 1_000)))
        #expect(state.tryAcquire(1, atNanoseconds: 2_000) == .granted)
    }

    @Test(
        "Who is cancelled while it spins has its permit",
        arguments: families.indices.filter { families[$0].callersSpin }
    )
    func cancelledAwake(family: Int) async {
        let start: UInt64 = 5_000_000
        let clock = MovingClock(stop: start + 500) { now in
            guard let clock = Self.reader, (start + 900..<start + 1_000).contains(now) else { return }
            withUnsafeCurrentTask { $0?.cancel() }
            clock.stop.store(start + 1_100, ordering: .relaxed)
        }
        let limiter = Self.families[family].make(clock)
        #expect(await limiter.tryAcquire(1) == .granted)
        let (error, wasCancelled) = await clock.run {
            let caller = Self.$reader.withValue(clock) {
                Task { () -> (AcquireError?, Bool) in
                    do throws(AcquireError) {
                        try await limiter.acquire(1, timeout: nil)
                        return (nil, Task.isCancelled)
                    } catch {
                        return (error, Task.isCancelled)
                    }
                }
            }
            await clock.manual.waitForSleepers(1)
            // On to where it is awake and has not gone yet.
            clock.stop.store(start + 900, ordering: .relaxed)
            return await caller.value
        }
        #expect(clock.rests == [start + 1_000])
        #expect(error == nil)
        #expect(wasCancelled)
        #expect(clock.nanoseconds() >= start + 1_000)
        // Nobody else has it.
        #expect(await limiter.tryAcquire(1) != .granted)
    }

    /// The clock that a caller waits on, in its task.
    @TaskLocal static var reader: MovingClock?
}
