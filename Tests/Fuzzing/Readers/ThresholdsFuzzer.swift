@testable import BackpressureBenchmark

/// The reader of thresholds. What it refuses it must refuse with a place inside the text; what it takes must be within the
/// bounds that it names.
enum ThresholdsFuzzer {
    private static let names = ThresholdsFile.Names(
        scenarios: [
            "pair", "throughput-1x1", "payload-64", "drop-oldest", "limiter-granted", "limiter-granted-2",
            "limiter-granted-4", "limiter-refused", "breaker-closed-4", "semaphore-1", "latency-1x1", "replay-day",
        ],
        implementations: [
            "mutex", "ring", "ring-spsc", "token-bucket-lockfree", "token-bucket-mutex", "breaker-lockfree",
            "breaker-mutex", "semaphore-lockfree", "semaphore-mutex",
        ]
    )

    @Sendable
    static func run(_ input: [UInt8]) {
        let file = ScratchFile.write(input)
        do {
            let thresholds = try ThresholdsFile.read(path: file, names: names)
            Fuzzing.expect((0.5...0.9999).contains(thresholds.confidence), "a confidence of \(thresholds.confidence)")
            Fuzzing.expect(
                2 <= thresholds.leastBlocks && thresholds.leastBlocks <= thresholds.mostBlocks,
                "from \(thresholds.leastBlocks) to \(thresholds.mostBlocks) blocks"
            )
            Fuzzing.expect(!thresholds.ratios.isEmpty || !thresholds.bounds.isEmpty, "thresholds without a rule")
            for name in names.scenarios {
                for rule in thresholds.ratios {
                    _ = rule.selection.includes(scenario: name, implementation: "ring", driver: "threads")
                }
            }
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
