import ConcurrencySupport
import Testing

@Suite("The clock that spins at the end of a sleep", .timeLimit(.minutes(5)))
struct SpinningNanosecondClockTests {
    @Test("It wakes no earlier than asked", arguments: [Duration.seconds(-1), .zero, .microseconds(50), .seconds(1)])
    func notEarly(spin: Duration) async throws {
        let clock = SpinningNanosecondClock(spin: spin)
        for nanoseconds: UInt64 in [0, 1_000, 300_000] {
            let deadline = clock.nanoseconds() + nanoseconds
            try await clock.sleep(untilNanoseconds: deadline)
            #expect(clock.nanoseconds() >= deadline)
        }
    }

    @Test("A sleep that is cancelled ends, whether it sleeps or spins", arguments: [Duration.zero, .seconds(10_000)])
    func cancellation(spin: Duration) async {
        let clock = SpinningNanosecondClock(spin: spin)
        let sleeper = Task {
            // By itself, so that it spins for nobody's sake.
            withUnsafeCurrentTask { $0?.cancel() }
            try await clock.sleep(untilNanoseconds: clock.nanoseconds() + 1_000_000_000_000)
        }
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }
}
