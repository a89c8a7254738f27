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
