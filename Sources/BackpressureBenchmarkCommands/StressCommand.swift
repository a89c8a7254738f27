import ArgumentParser
import BackpressureBenchmark

/// `stress`: floods alone.
struct StressCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stress",
        abstract: "Flood every queue under a memory cap; the unbounded control must die.",
        discussion: """
            Examples:
              swift package benchmark stress
              swift package benchmark stress --filter drop-oldest
            """
    )

    @OptionGroup var arguments: RunArguments

    func run() async throws {
        try await arguments.run(sections: [.stress])
    }
}
