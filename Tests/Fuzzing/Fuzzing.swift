import Foundation

/// What libFuzzer runs: one program for all fuzzers, of which `--fuzzer=NAME` chooses one. libFuzzer ignores flags that
/// begin with two dashes, and hands them on where it starts itself again.
enum Fuzzing {
    /// The fuzzers by name.
    static let all: [String: @Sendable ([UInt8]) -> Void] = [
        "csv": CSVFuzzer.run,
        "gzip": GzipFuzzer.run,
        "priority-queues": PriorityQueueFuzzer.run,
        "queues": QueueFuzzer.run,
        "scenario": ScenarioFuzzer.run,
        "spill": SpillFuzzer.run,
        "thresholds": ThresholdsFuzzer.run,
        "trace": TraceFuzzer.run,
    ]

    private static let flag = "--fuzzer="

    /// The name that the command line gives.
    static let chosenName = CommandLine.arguments.last { $0.hasPrefix(flag) }.map { String($0.dropFirst(flag.count)) }

    /// The fuzzer of that name.
    static let chosen: @Sendable ([UInt8]) -> Void = {
        guard let chosenName, let fuzzer = all[chosenName] else {
            report("\(flag)NAME is expected, NAME one of: \(all.keys.sorted().joined(separator: ", "))")
            exit(64)
        }
        return fuzzer
    }()

    /// Says what is wrong with the input of this run, and ends the program so that libFuzzer keeps that input.
    static func fail(_ complaint: String) -> Never {
        report("fuzzing: \(complaint)")
        abort()
    }

    static func expect(_ holds: Bool, _ complaint: @autoclosure () -> String) {
        if !holds { fail(complaint()) }
    }

    static func expectEqual<Value: Equatable>(_ actual: Value, _ expected: Value, _ what: @autoclosure () -> String) {
        if actual != expected { fail("\(what()) is \(actual), and should be \(expected)") }
    }

    private static func report(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}

/// libFuzzer's entry point: one run on one input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // libFuzzer's memory is good for the length of this call; a copy also lets the address sanitizer see its end.
    Fuzzing.chosen(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
