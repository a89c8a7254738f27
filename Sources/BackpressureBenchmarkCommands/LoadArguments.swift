import ArgumentParser
import BackpressureBenchmark

/// The option of every command that knows implementations: libraries that bring more of them.
struct LoadArguments: ParsableArguments {
    @Option(
        name: .customLong("load"),
        help: ArgumentHelp(
            "Add the queues and limiters of this shared library (backpressure_abi.h); repeatable.",
            valueName: "library"
        )
    )
    var libraries: [String] = []

    /// The command's implementations with those of the libraries.
    func registry() async throws(RunError) -> Registry {
        try await LibraryInspection.load(libraries, into: BenchmarkTool.registry, arguments: [InspectCommand.name])
    }
}
