/// What a gate holds a run to: `Fixtures/thresholds/*.yaml`, read and checked.
package struct Thresholds: Sendable, Equatable {
    package var path: String
    /// Of every interval.
    package var confidence: Double
    /// Blocks that both sides must have before a shift counts.
    package var leastBlocks: Int
    /// Blocks measured anew at a time, while an interval is too wide to decide.
    package var extraBlocks: Int
    /// Where that ends.
    package var mostBlocks: Int
    /// For each row and metric the last one that fits decides.
    package var ratios: [RatioRule]
    /// All that fit must hold.
    package var bounds: [BoundRule]

    /// Which rows a rule is for.
    package struct Selection: Sendable, Equatable {
        /// Names, with `*` for any letters; empty: all.
        package var scenarios: [String] = []
        package var implementations: [String] = []
        package var drivers: [String] = []

        package func includes(scenario: String, implementation: String, driver: String?) -> Bool {
            Self.includes(scenario, scenarios) && Self.includes(implementation, implementations)
                && (driver.map { Self.includes($0, drivers) } ?? drivers.isEmpty)
        }

        static func includes(_ name: String, _ patterns: [String]) -> Bool {
            patterns.isEmpty || patterns.contains { matches(name, $0) }
        }

        /// Whether `name` is `pattern`, in which `*` stands for any letters, or none. O(name · pattern).
        static func matches(_ name: String, _ pattern: String) -> Bool {
            let (name, pattern) = (Array(name.utf8), Array(pattern.utf8))
            var reachable = [Bool](repeating: false, count: name.count + 1)
            reachable[0] = true
            for letter in pattern {
                var next = [Bool](repeating: false, count: name.count + 1)
                if letter == UInt8(ascii: "*") {
                    var isReachable = false
                    for index in 0...name.count {
                        isReachable = isReachable || reachable[index]
                        next[index] = isReachable
                    }
                } else {
                    for index in 0..<name.count where reachable[index] && name[index] == letter {
                        next[index + 1] = true
                    }
                }
                reachable = next
            }
            return reachable[name.count]
        }
    }

    /// How far a metric's in-run ratio may fall behind the baseline's.
    package struct RatioRule: Sendable, Equatable {
        package var metric: String
        package var selection: Selection
        /// A share of the baseline's ratio; `nil`: not gated.
        package var tolerance: Double?
        package var line: Int?
    }

    /// What a column must hold.
    package struct BoundRule: Sendable, Equatable {
        package var file: RecordedFile
        package var column: String
        package var selection: Selection
        package var least: Double?
        package var most: Double?
        package var equals: String?
        package var line: Int?
    }

    /// A result file that bounds can be for.
    package enum RecordedFile: String, Sendable, CaseIterable {
        case comparison, accuracy, stress, verify

        var columns: [String] {
            switch self {
            case .comparison: ComparisonRow.columns.map(\.name)
            case .accuracy: AccuracyRow.columns.map(\.name)
            case .stress: StressRow.columns.map(\.name)
            case .verify: VerifyRow.columns.map(\.name)
            }
        }
    }
}
