import ArgumentParser
import BackpressureBenchmark

extension Scenario.Profile: ExpressibleByArgument {}
extension Console.Format: ExpressibleByArgument {}

/// The options of every command that measures.
struct RunArguments: ParsableArguments {
    @Option(help: "How long to measure: quick (within a minute), standard, or full.")
    var profile = Scenario.Profile.standard

    @Option(help: ArgumentHelp("Only scenarios or implementations that match.", valueName: "regex"))
    var filter: String?

    @Option(
        name: .customLong("implementation"),
        help: ArgumentHelp("Only this implementation; repeatable. 'list' shows the ids.", valueName: "id")
    )
    var implementations: [String] = []

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

    @OptionGroup var libraries: LoadArguments

    @Option(help: ArgumentHelp("Measure each so often, whatever the scenario says.", valueName: "n"))
    var repetitions: Int?

    @Option(help: ArgumentHelp("For the order of measurements and for random arrivals.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Where the result files go.", valueName: "dir"))
    var output = "results/latest"

    @Option(help: "How to print the results: text, markdown or json.")
    var format = Console.Format.text

    @Flag(name: .customLong("no-progress"), help: "Print no progress.")
    var hidesProgress = false

    @Flag(help: "Print what came of each measurement.")
    var verbose = false

    func validate() throws {
        if let repetitions, !(1...1_000).contains(repetitions) {
            throw ValidationError("--repetitions must be from 1 to 1000; got \(repetitions)")
        }
        if output.isEmpty { throw ValidationError("--output needs the path of a folder") }
    }

    /// Measures, and ends the command with the verdict. Interrupting it ends it early, with valid files.
    func run(sections: Set<Scenario.Section>) async throws {
        var options = RunOptions()
        options.profile = profile
        options.sections = sections
        options.filter = filter
        options.implementations = implementations
        options.scenarioFiles = scenarios
        options.trace = trace
        options.repetitions = repetitions
        options.seed = seed
        options.output = output
        options.commandLine = shownCommandLine
        options.swiftVersion = compilerVersion
        let console = Console(format: format, showsProgress: !hidesProgress, isVerbose: verbose)
        let run = BenchmarkRun(
            options: options,
            registry: try await libraries.registry(),
            console: console,
            childArguments: [MeasureCommand.name]
        )
        let verdict = try await Interruption.cancelling { () async -> Result<Verdict, RunError> in
            do throws(RunError) { return .success(try await run.run()) } catch { return .failure(error) }
        }.get()
        console.conclude(verdict)
        throw CommandEnded(exitCode: verdict.exitCode)
    }
}

/// The command line, with the tool's name without its folder, which is nobody else's.
var shownCommandLine: [String] {
    let tool = CommandLine.arguments.prefix(1).map { String($0.split(separator: "/").last ?? "") }
    return tool + CommandLine.arguments.dropFirst()
}

/// The compiler that built this, as far as a program can tell.
var compilerVersion: String {
    #if compiler(>=6.4)
    "6.4 or later"
    #elseif compiler(>=6.3.1)
    "6.3.1 or later"
    #elseif compiler(>=6.3)
    "6.3"
    #else
    "6.2"
    #endif
}
