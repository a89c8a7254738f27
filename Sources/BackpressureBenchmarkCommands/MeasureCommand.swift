import ArgumentParser
import BackpressureBenchmark

/// The child's side of a measurement: not for people.
struct MeasureCommand: AsyncParsableCommand {
    static let name = "measure-one"
    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Make the one measurement described on standard input.",
        shouldDisplay: false
    )

    func run() async throws {
        await MeasurementChild.run(registry: BenchmarkTool.registry)
    }
}

/// The child's side of a comparison: not for people.
struct MeasureSlicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: SliceChild.command,
        abstract: "Measure a slice for each line on standard input.",
        shouldDisplay: false
    )

    @Option(name: .customLong("scenario"))
    var scenario: String

    @Option(name: .customLong("implementation"))
    var implementation: String

    @OptionGroup var libraries: LoadArguments

    func run() async throws {
        var options = RunOptions()
        options.scenarioFiles = [scenario]
        options.implementations = [implementation]
        try await SliceChild.run(options, registry: try await libraries.registry())
    }
}
