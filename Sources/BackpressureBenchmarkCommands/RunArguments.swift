import ArgumentParser
import BackpressureBenchmark

extension Scenario.Profile: ExpressibleByArgument {}

/// The options of every command that measures.
struct RunArguments: ParsableArguments {
    @Option(help: "How long to measure: quick (within a minute), standard, or full.")
    var profile = Scenario.Profile.standard

    @Option(
        name: .customLong("scenario"),
        help: ArgumentHelp("Only the scenario in this file; repeatable.", valueName: "file")
    )
    var scenarios: [String] = []

    @Option(
        help: ArgumentHelp(
            "Replay this in place of a scenario's trace: requests per second as CSV, or an access log; gzip too.",
            valueName: "file"
        )
    )
    var trace: String?

    @OptionGroup var common: CommonArguments

    @Option(help: ArgumentHelp("Measure each so often, whatever the scenario says.", valueName: "n"))
    var repetitions: Int?

    @Option(
        help: ArgumentHelp(
            "Measure speed only while a cache line goes to another processor and back within this time.",
            discussion: "A virtual machine's processors wander; the farther apart, the slower is what threads share.",
            valueName: "ns"
        )
    )
    var lineWithin: Double?

    func validate() throws {
        if let lineWithin, !(lineWithin > 0 && lineWithin.isFinite) {
            throw ValidationError("--line-within must be a time in nanoseconds, above 0; got \(lineWithin)")
        }
        if let repetitions, !(1...1_000).contains(repetitions) {
            throw ValidationError("--repetitions must be from 1 to 1000; got \(repetitions)")
        }
    }

    /// What a run is asked to do.
    func options(sections: Set<Scenario.Section>) -> RunOptions {
        var options = RunOptions()
        options.profile = profile
        options.sections = sections
        options.filter = common.filter
        options.implementations = common.implementations
        options.scenarioFiles = scenarios
        options.trace = trace
        options.repetitions = repetitions
        options.seed = common.seed
        options.lineLimitNanoseconds = lineWithin
        options.output = common.output
        options.commandLine = CommonArguments.commandLine
        options.swiftVersion = CommonArguments.compilerVersion
        return options
    }

    /// Measures, and ends the command with the verdict. Interrupting it ends it early, with valid files.
    func run(sections: Set<Scenario.Section>) async throws {
        let (registry, console) = (try await common.libraries.registry(), common.console)
        let asked = options(sections: sections)
        try await common.conclude { () async throws(RunError) in
            try await BenchmarkRun(
                options: asked,
                registry: registry,
                console: console,
                childArguments: [MeasureCommand.name]
            ).run()
        }
    }
}
