import ArgumentParser
import BackpressureBenchmark

/// `list`: what there is.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List implementations, scenarios and checks, and what supports what.",
        discussion: """
            Examples:
              swift package benchmark list
              swift package benchmark list --format json
              swift package benchmark list --load ./libmine.so
            """
    )

    @Option(help: "How to print it: text, markdown or json.")
    var format = Console.Format.text

    @Option(
        name: .customLong("scenario"),
        help: ArgumentHelp("List the scenario in this file, in place of those that come with it.", valueName: "file")
    )
    var scenarios: [String] = []

    @OptionGroup var libraries: LoadArguments

    func run() async throws {
        let console = Console(format: format, showsProgress: false, isVerbose: false)
        var options = RunOptions()
        options.scenarioFiles = scenarios
        let registry = try await libraries.registry()
        let listing = Listing(
            registry: registry,
            scenarios: try await ScenarioCatalog.scenarios(options, registry: registry)
        )
        switch format {
        case .text:
            for table in listing.tables { console.show(table.text(style: console.style) + "\n") }
        case .markdown:
            for table in listing.tables { console.show(table.markdown() + "\n") }
        case .json:
            console.show(String(decoding: try listing.json(), as: UTF8.self) + "\n")
        }
        console.conclude(Verdict())
    }
}
