import CircuitBreakers
import Testing

@Suite struct DeadLetterTests {
    @Test func `a letter keeps its element, its reason and the number of attempts`() {
        let letter = DeadLetter("order 7", reason: .failed("timed out"), attempts: 3, nanoseconds: 5)
        #expect(letter.element == "order 7")
        #expect(letter.reason == .failed("timed out"))
        #expect(letter.attempts == 3)
        #expect(letter.nanoseconds == 5)
    }
}
