import ArgumentParser
import BackpressureBenchmark

/// `gate`: a run held to a baseline.
struct GateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gate",
        abstract: "Hold a run to a baseline and to thresholds: for CI.",
        discussion: """
            Measures, and compares each figure's ratio to its reference in this run with
            the same in the baseline. It fails on what is surely worse than tolerated, on
            what is missing, and on any bound that is broken; it measures again what is
            too uncertain to judge, and says so (exit code 6) if that doesn't help.

            Examples:
              swift package benchmark gate
              swift package benchmark gate --profile quick --baseline results/baseline-quick
              swift package benchmark gate --results results/latest
              swift package benchmark gate --thresholds ci.yaml --only throughput
            """
    )

    @Option(help: ArgumentHelp("Judge this folder of results as it is; measure nothing.", valueName: "dir"))
    var results: String?

    @Option(help: ArgumentHelp("The results to compare with.", valueName: "dir"))
    var baseline = "results/baseline"

    @Option(
        help: ArgumentHelp(
            "What is tolerated, as YAML: Fixtures/thresholds/default.yaml, this package's or the suite's.",
            valueName: "file"
        )
    )
    var thresholds: String?

    @Option(
        help: ArgumentHelp(
            "Measure only these sections: throughput, accuracy, stress, systems.",
            valueName: "sections"
        ),
        transform: RunCommand.sections(in:)
    )
    var only = Set(Scenario.Section.allCases)

    @OptionGroup var arguments: RunArguments

    func run() async throws {
        var options = GateOptions()
        options.run = arguments.options(sections: only)
        options.results = results
        options.output = arguments.common.chosenOutput
        options.baseline = baseline
        if let thresholds { options.thresholds = thresholds }
        let (registry, console, asked) = (
            try await arguments.common.libraries.registry(), arguments.common.console, options
        )
        try await arguments.common.conclude { () async throws(RunError) in
            try await GateRun(
                options: asked,
                registry: registry,
                console: console,
                childArguments: [MeasureCommand.name]
            ).run()
        }
    }
}
