import ArgumentParser
import BackpressureBenchmark

/// `run`: throughput, accuracy, stress and systems.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Measure throughput, rate accuracy and behaviour under floods (the default).",
        discussion: """
            Examples:
              swift package benchmark run --profile quick
              swift package benchmark run --only throughput,accuracy
              swift package benchmark run --scenario my-scenario.yaml --implementation ring
              swift package benchmark run --only throughput --load ./libmine.so
            """
    )

    @Option(
        help: ArgumentHelp("Only these sections: throughput, accuracy, stress, systems.", valueName: "sections"),
        transform: sections(in:)
    )
    var only = Set(Scenario.Section.allCases)

    @OptionGroup var arguments: RunArguments

    func run() async throws {
        try await arguments.run(sections: only)
    }

    static func sections(in list: String) throws -> Set<Scenario.Section> {
        let names = list.split(separator: ",").map(String.init)
        let known = Scenario.Section.allCases.map(\.rawValue).joined(separator: ", ")
        guard !names.isEmpty else { throw ValidationError("--only needs sections: \(known)") }
        return Set(
            try names.map { name in
                guard let section = Scenario.Section(rawValue: name) else {
                    throw ValidationError("there is no section '\(name)'; there are: \(known)")
                }
                return section
            }
        )
    }
}
