@testable import BackpressureBenchmark

/// The reader of scenario files. What it refuses it must refuse with a place inside the text. The trace
/// that a scenario names isn't looked for.
enum ScenarioFuzzer {
    @Sendable
    static func run(_ input: [UInt8]) {
        let file = ScratchFile.write(input)
        do {
            let text = try InputFile.text(path: file, maximumBytes: ScenarioLimits.fileBytes)
            _ = try ScenarioDraft(text: text, path: file)
        } catch {
            Fuzzing.expect(!error.message.isEmpty, "an error without words")
            let lines = input.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } + 2
            // YAML knows line ends beyond ASCII; each takes two bytes at least. The end may count as a line.
            let most = lines + input.count / 2
            if let line = error.line { Fuzzing.expect((1...most).contains(line), "an error at \(error) of \(lines)") }
            if let column = error.column { Fuzzing.expect(column >= 1, "an error at \(error)") }
        }
    }
}
