import Testing

@testable import BackpressureBenchmark

@Suite("The word that was probably meant")
struct NearestWordTests {
    private let known = ["block", "reject", "drop-newest", "drop-oldest", "on-off", "duration_s"]

    @Test(
        "is found despite a slip",
        arguments: [
            ("blok", "block"), ("bolck", "block"), ("Reject", "reject"), ("drop_oldest", "drop-oldest"),
            ("dropnewest", "drop-newest"), ("onoff", "on-off"), ("duration", "duration_s"), ("blocking", "block"),
        ]
    )
    func found(word: String, meant: String) {
        #expect(NearestWord.to(word, among: known) == meant)
    }

    @Test("is not guessed where nothing is near", arguments: ["", "x", "queue", "on", "dr"])
    func notFound(word: String) {
        #expect(NearestWord.to(word, among: known) == nil)
        #expect(NearestWord.hint(for: word, among: known) == "")
    }

    @Test("is not found among no words")
    func noWords() {
        #expect(NearestWord.to("block", among: []) == nil)
    }
}
