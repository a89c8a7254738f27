import ConcurrencySupport
import Testing

@Suite("Back-off")
struct BackoffTests {
    @Test("It pauses as often as told, then says that it is time to yield, and starts over after a success")
    func pauses() {
        var backoff = Backoff(pauses: 3)
        #expect((0..<5).map { _ in backoff.pauseBriefly() } == [true, true, true, false, false])
        backoff.pause()
        backoff.reset()
        #expect((0..<4).map { _ in backoff.pauseBriefly() } == [true, true, true, false])
    }
}
