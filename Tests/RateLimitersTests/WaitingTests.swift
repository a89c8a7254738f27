import BackpressureTesting
import ConcurrencySupport
import RateLimiters
import Testing

@Suite("Callers that wait for permits", .timeLimit(.minutes(5)))
struct WaitingTests {
    /// A permit takes a microsecond, and the bucket is empty.
    struct Scene: Sendable {
        let clock = ManualClock(nanoseconds: 5_000_000)
        let limiter: any AdjustableRateLimiter

        init(_ make: (Rate, Int, ManualClock) -> any AdjustableRateLimiter, burst: Int = 1) async {
            limiter = make(Rate(permits: 1, perNanoseconds: 1_000), burst, clock)
            _ = await limiter.tryAcquire(burst)
        }

        /// Starts a caller and lets it join the line, behind which a request would wait so long.
        func join(_ permits: Int = 1, longerWait: Bool = true) async -> Task<AcquireError?, Never> {
            let before = await wait()
            let limiter = self.limiter
            let task = Task<AcquireError?, Never> {
                do throws(AcquireError) {
                    try await limiter.acquire(permits, timeout: nil)
                    return nil
                } catch {
                    return error
                }
            }
            while await wait() == before { await Task.yield() }
            return task
        }

        /// How long a request for one permit would have to wait.
        func wait() async -> UInt64? {
            if case .refused(let delay) = await limiter.tryAcquire(1) { delay.nanoseconds } else { nil }
        }

        /// Whoever leaves the line shortens it.
        func waitUntilWait(is nanoseconds: UInt64) async {
            while await wait() != nanoseconds { await Task.yield() }
        }
    }

    typealias Maker = @Sendable (Rate, Int, ManualClock) -> any AdjustableRateLimiter

    static let families: [(name: String, make: Maker)] = [
        ("mutex", { MutexTokenBucket(rate: $0, burst: $1, clock: $2) }),
        ("actor", { ActorTokenBucket(rate: $0, burst: $1, clock: $2) }),
        ("lock-free", { LockFreeTokenBucket(rate: $0, burst: $1, clock: $2) }),
    ]

    @Test("One timer serves them all, and each goes at its time", arguments: families.indices)
    func oneTimer(family: Int) async {
        let scene = await Scene(Self.families[family].make)
        var callers: [Task<AcquireError?, Never>] = []
        for _ in 0..<50 { await callers.append(scene.join()) }
        await scene.clock.waitForSleepers(1)
        for caller in callers {
            #expect(scene.clock.sleeperCount == 1)
            scene.clock.advance(byNanoseconds: 1_000)
            await #expect(caller.value == nil)
            if caller != callers.last { await scene.clock.waitForSleepers(1) }
        }
    }

    @Test("Once all who waited are cancelled the timer ends, or it would keep the limiter", arguments: families.indices)
    func timerEnds(family: Int) async {
        let scene = await Scene(Self.families[family].make)
        let callers = await [scene.join(), scene.join()]
        await scene.clock.waitForSleepers(1)
        for caller in callers.reversed() {
            caller.cancel()
            await #expect(caller.value == .cancelled)
        }
        #expect(scene.clock.sleeperCount == 0)
    }

    @Test("The timer sleeps at the highest priority of those who wait", arguments: families.indices)
    func priority(family: Int) async {
        let clock = PriorityClock()
        let limiter: any RateLimiter =
            switch Self.families[family].name {
            case "mutex": MutexTokenBucket(rate: Rate(permits: 1, perNanoseconds: 1_000), burst: 1, clock: clock)
            case "actor": ActorTokenBucket(rate: Rate(permits: 1, perNanoseconds: 1_000), burst: 1, clock: clock)
            default: LockFreeTokenBucket(rate: Rate(permits: 1, perNanoseconds: 1_000), burst: 1, clock: clock)
            }
        _ = await limiter.tryAcquire(1)
        var callers: [Task<Void, Never>] = []
        for (priority, expected) in [(TaskPriority.low, .low), (.high, .high), (.low, .high)] as [(_, TaskPriority)] {
            let before = await limiter.tryAcquire(1)
            callers.append(Task.detached(priority: priority) { try? await limiter.acquire(1, timeout: nil) })
            while await limiter.tryAcquire(1) == before { await Task.yield() }
            // One that was cancelled has left before the next sleeps, or soon after.
            while clock.manual.sleeperCount != 1 || clock.latest != expected { await Task.yield() }
        }
        clock.manual.advance(byNanoseconds: 3_000)
        for caller in callers { await caller.value }
    }

    /// A manual clock that knows how urgent whoever slept last was.
    private struct PriorityClock: NanosecondClock {
        let manual = ManualClock(nanoseconds: 5_000_000)
        private let priorities = PriorityLog()

        private final class PriorityLog: Sendable {
            let last = Lock<TaskPriority?>(nil)
        }

        var latest: TaskPriority? { priorities.last.withLock { $0 } }

        func nanoseconds() -> UInt64 { manual.nanoseconds() }

        func sleep(untilNanoseconds deadline: UInt64) async throws {
            priorities.last.withLock { $0 = Task.basePriority }
            try await manual.sleep(untilNanoseconds: deadline)
        }
    }

    @Test("Ten thousand wait and are granted, in order of arrival", arguments: families.indices)
    func tenThousand(family: Int) async {
        let clock = ManualClock()
        let limiter = Self.families[family].make(Rate(permits: 1, perNanoseconds: 1_000), 1, clock)
        _ = await limiter.tryAcquire(1)
        let count = 10_000
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<count { group.addTask { (try? await limiter.acquire(1, timeout: nil)) != nil } }
            // All are in the line when a newcomer would have to wait for all of them.
            while await limiter.tryAcquire(1)
                != .refused(retryAfter: .init(nanoseconds: UInt64(count + 1) * 1_000))
            { await Task.yield() }
            await clock.waitForSleepers(1)
            #expect(clock.sleeperCount == 1)
            clock.advance(byNanoseconds: UInt64(count) * 1_000)
            let granted = await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            #expect(granted == count)
        }
        #expect(await limiter.tryAcquire(1).isGranted == false)
    }

    @Test("When one leaves, those behind it move up", arguments: families.indices)
    func cancellationMovesUp(family: Int) async {
        let scene = await Scene(Self.families[family].make, burst: 3)
        let callers = [await scene.join(1), await scene.join(3), await scene.join(1), await scene.join(2)]
        await scene.clock.waitForSleepers(1)
        callers[1].cancel()
        await #expect(callers[1].value == .cancelled)
        await scene.waitUntilWait(is: 5_000)
        callers[0].cancel()
        await #expect(callers[0].value == .cancelled)
        await scene.waitUntilWait(is: 4_000)
        // The first of those left moves from the fifth microsecond to the first, and the timer with it.
        await scene.clock.waitForSleepers(1)
        scene.clock.advance(byNanoseconds: 1_000)
        await #expect(callers[2].value == nil)
        scene.clock.advance(byNanoseconds: 2_000)
        await #expect(callers[3].value == nil)
        await #expect(scene.wait() == 1_000)
    }

    @Test("A faster rate lets those go earlier who wait already", arguments: families.indices)
    func fasterRate(family: Int) async {
        let scene = await Scene(Self.families[family].make)
        let callers = [await scene.join(), await scene.join()]
        await scene.clock.waitForSleepers(1)
        await scene.limiter.update(rate: Rate(permits: 1, perNanoseconds: 10), burst: 1)
        await scene.waitUntilWait(is: 30)
        // The old timer has gone, or a tick would not wake anyone.
        while scene.clock.sleeperCount != 1 { await Task.yield() }
        for caller in callers {
            scene.clock.advance(byNanoseconds: 10)
            await #expect(caller.value == nil)
        }
        await #expect(scene.wait() == 10)
    }

    @Test(
        "A rate at which the line's debt is beyond the numbers lets nobody go, nor does its end",
        arguments: families.indices
    )
    func pausedByRate(family: Int) async {
        let scene = await Scene(Self.families[family].make, burst: 1_000)
        var callers: [Task<AcquireError?, Never>] = []
        for _ in 0..<60 { callers.append(await scene.join(1_000)) }
        await scene.clock.waitForSleepers(1)
        // A thousand permits are a thousand days now; sixty times that is more than 62 bits of nanoseconds.
        let day: UInt64 = 86_400_000_000_000
        await scene.limiter.update(rate: Rate(permits: 1, perNanoseconds: day), burst: 1)
        // The numbers begin anew meanwhile.
        scene.clock.advance(byNanoseconds: 900 * day)
        #expect(await scene.limiter.tryAcquire(1) != .granted)
        callers[30].cancel()
        #expect(await callers[30].value == .cancelled)
        await scene.limiter.update(rate: Rate(permits: 1, perNanoseconds: 1_000), burst: 1_000)
        // The first lacks a hundred of its thousand permits; the others go one in each millisecond after it.
        #expect(await scene.wait() == 58_101_000)
        scene.clock.advance(byNanoseconds: 58_100_000)
        for (index, caller) in callers.enumerated() where index != 30 { #expect(await caller.value == nil) }
    }

    @Test("Whoever waits for ages can leave, also when the numbers have begun anew", arguments: families.indices)
    func leavesAfterAges(family: Int) async {
        let scene = await Scene(Self.families[family].make, burst: 60_000)
        let caller = await scene.join(60_000)
        let day: UInt64 = 86_400_000_000_000
        await scene.limiter.update(rate: Rate(permits: 1, perNanoseconds: day), burst: 1)
        scene.clock.advance(byNanoseconds: 900 * day)
        #expect(await scene.limiter.tryAcquire(1) != .granted)
        caller.cancel()
        #expect(await caller.value == .cancelled)
        // Nothing is owed then, and the bucket has filled in the meantime.
        #expect(await scene.limiter.tryAcquire(1) == .granted)
        #expect(await scene.limiter.tryAcquire(1) == .refused(retryAfter: .init(nanoseconds: day)))
    }

    @Test("Who leaves with more at hand than the bucket holds by now leaves a full one", arguments: families.indices)
    func leavesAfterLowerBurst(family: Int) async {
        let scene = await Scene(Self.families[family].make, burst: 10)
        let callers = [await scene.join(10), await scene.join(1)]
        scene.clock.advance(byNanoseconds: 8_000)
        await scene.limiter.update(rate: Rate(permits: 1, perNanoseconds: 1_000), burst: 2)
        await scene.waitUntilWait(is: 4_000)
        callers[0].cancel()
        #expect(await callers[0].value == .cancelled)
        // One of the two permits is for whoever is next.
        #expect(await callers[1].value == nil)
        #expect(await scene.limiter.tryAcquire(1) == .granted)
        #expect(await scene.limiter.tryAcquire(1) == .refused(retryAfter: .init(nanoseconds: 1_000)))
    }

    @Test("A slower rate and a larger burst give nothing away", arguments: families.indices)
    func slowerRate(family: Int) async {
        let scene = await Scene(Self.families[family].make, burst: 4)
        scene.clock.advance(byNanoseconds: 2_500)
        // Two and a half permits are there.
        await scene.limiter.update(rate: Rate(permits: 1, perNanoseconds: 4_000), burst: 100)
        await #expect(scene.limiter.tryAcquire(3) == .refused(retryAfter: .init(nanoseconds: 2_000)))
        await #expect(scene.limiter.tryAcquire(2) == .granted)
        await #expect(scene.limiter.tryAcquire(1) == .refused(retryAfter: .init(nanoseconds: 2_000)))
        await #expect(scene.limiter.tryAcquire(101) == .exceedsBurst)
        // A smaller burst keeps what fits.
        scene.clock.advance(byNanoseconds: 1_000_000)
        await scene.limiter.update(rate: Rate(permits: 1, perNanoseconds: 1_000), burst: 2)
        await #expect(scene.limiter.tryAcquire(2) == .granted)
        await #expect(scene.limiter.tryAcquire(1) == .refused(retryAfter: .init(nanoseconds: 1_000)))
    }

    @Test("The numbers begin anew before they run out, however long it runs", arguments: families.indices)
    func fiftyYears(family: Int) async {
        let year: UInt64 = 31_557_600_000_000_000
        let clock = ManualClock(nanoseconds: 7)
        // 16 units a nanosecond: the numbers last two years.
        let rate = Rate(permits: 16, perNanoseconds: 5)
        let limiter = Self.families[family].make(rate, 16, clock)
        for _ in 0..<50 {
            await #expect(limiter.tryAcquire(16) == .granted)
            await #expect(limiter.tryAcquire(16) == .refused(retryAfter: .init(nanoseconds: 5)))
            clock.advance(byNanoseconds: year)
        }
        await #expect(limiter.tryAcquire(16) == .granted)
        clock.advance(byNanoseconds: 4)
        await #expect(limiter.tryAcquire(16) == .refused(retryAfter: .init(nanoseconds: 1)))
    }

    @Test("Rate and burst change under load, within the larger envelope", arguments: families.indices)
    func updatesUnderLoad(family: Int) async {
        let clock = ManualClock(nanoseconds: 1)
        let rates: [UInt64] = [1_000, 3_000, 700]
        let limiter = Self.families[family].make(Rate(permits: 1, perNanoseconds: 700), 10, clock)
        let rounds = 300
        let granted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var granted = 0
                    for _ in 0..<rounds * 20 {
                        if await limiter.tryAcquire(1).isGranted { granted += 1 }
                    }
                    return granted
                }
            }
            group.addTask {
                for round in 0..<rounds {
                    clock.advance(byNanoseconds: 500)
                    let rate = Rate(permits: 1, perNanoseconds: rates[round % rates.count])
                    await limiter.update(rate: rate, burst: 5 + round % 6)
                    await Task.yield()
                }
                return 0
            }
            return await group.reduce(0, +)
        }
        #expect(granted >= 10)
        #expect(granted <= 10 + rounds * 500 / 700 + 1)
    }
}
