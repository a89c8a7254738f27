import BackpressureTesting
import ConcurrencySupport
import Testing

@Suite("Manual clock", .timeLimit(.minutes(5)))
struct ManualClockTests {
    @Test("As a Swift clock it reads what it was set to, and instants count from its zero")
    func reading() {
        let clock = ManualClock(nanoseconds: 1_500)
        #expect(clock.now == ManualClock.Instant(offset: .nanoseconds(1_500)))
        #expect(clock.minimumResolution == .nanoseconds(1))
        clock.advance(by: .microseconds(2))
        #expect(clock.nanoseconds() == 3_500)
        let later = clock.now.advanced(by: .seconds(1))
        #expect(clock.now < later)
        #expect(clock.now.duration(to: later) == .seconds(1))
        #expect(later.duration(to: clock.now) == .seconds(-1))
        clock.advance(by: .seconds(-1))
        #expect(clock.nanoseconds() == 3_500)
    }

    @Test("Sleeping until now or earlier returns at once", arguments: [0, -1, -5_000] as [Int64])
    func sleepingUntilPast(offset: Int64) async throws {
        let clock = ManualClock(nanoseconds: 1_000)
        try await clock.sleep(until: clock.now.advanced(by: .nanoseconds(offset)))
        #expect(clock.sleeperCount == 0)
    }

    @Test("A task wakes when its deadline is reached, not before; one between two nanoseconds is rounded up")
    func sleeping() async throws {
        let clock = ManualClock()
        let deadline = clock.now.advanced(by: Duration(secondsComponent: 0, attosecondsComponent: 99_000_000_001))
        let order = Lock<[Int]>([])
        let sleeper = Task {
            try await clock.sleep(until: deadline, tolerance: .seconds(1))
            order.withLock { $0.append(1) }
        }
        await clock.waitForSleepers(1)
        clock.advance(by: .nanoseconds(99))
        #expect(clock.sleeperCount == 1)
        order.withLock { $0.append(0) }
        clock.advance(by: .nanoseconds(1))
        try await sleeper.value
        #expect(order.withLock { $0 } == [0, 1])
    }

    @Test("A cancelled sleep throws and leaves no sleeper")
    func cancelling() async {
        let clock = ManualClock()
        let sleeper = Task { try await clock.sleep(until: clock.now.advanced(by: .seconds(1))) }
        await clock.waitForSleepers(1)
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(clock.sleeperCount == 0)
    }
}
