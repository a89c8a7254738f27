import BackpressureTesting
import ConcurrencySupport
import Testing

@Suite("Stamps of histories")
struct HistoryClockTests {
    @Test(
        "Stamps of one thread ascend, and a call that takes time lies between them",
        arguments: [HistoryClock.best, .monotonic]
    )
    func stampsAscend(clock: HistoryClock) {
        var previous = clock.stampBeforeCall()
        for _ in 0..<1_000 {
            let call = clock.stampBeforeCall()
            let returned = clock.stampAfterCall()
            #expect(previous <= call && call <= returned)
            previous = returned
        }
    }

    @Test("The counter is used where it is steady, and only there")
    func source() {
        #expect(HistoryClock.best.source == (HistoryClock.isCounterSteady ? .timeStampCounter : .monotonicClock))
        #expect(HistoryClock.monotonic.source == .monotonicClock)
    }

    @Test("A recorder notes what the queue said, and no more than it has room for")
    func recorder() {
        let recorder = HistoryRecorder(thread: 3, capacity: 4)
        recorder.push(17) { _ in true }
        recorder.push(18) { _ in false }
        recorder.pop { 17 }
        recorder.pop { nil }
        #expect(recorder.room == 0)
        #expect(
            recorder.events.map(\.description)
                == ["push(17) accepted", "push(18) said full", "pop took 17", "pop said empty"]
        )
        #expect(recorder.events.allSatisfy { $0.thread == 3 && $0.call <= $0.returned })
        #expect(zip(recorder.events, recorder.events.dropFirst()).allSatisfy { $0.returned <= $1.call })
    }
}
