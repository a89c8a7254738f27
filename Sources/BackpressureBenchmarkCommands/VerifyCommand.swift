import ArgumentParser
import BackpressureBenchmark

/// `verify`: whether implementations keep their contracts.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove that implementations keep their contracts, or show how they don't.",
        discussion: """
            Records what contending threads do and judges it, runs the protocol's
            promises one by one, compares every decision of a limiter with an exact one.
            A failure comes with the shortest counter-example there is.

            Examples:
              swift package benchmark verify
              swift package benchmark verify --implementation ring --budget 600
              swift package benchmark verify --load ./libmine.so --implementation mine
              swift package benchmark verify --check histories --seed 7
            """
    )

    @Option(help: ArgumentHelp("Only implementations that match.", valueName: "regex"))
    var filter: String?

    @Option(
        name: .customLong("implementation"),
        help: ArgumentHelp("Only this implementation; repeatable. 'list' shows the ids.", valueName: "id")
    )
    var implementations: [String] = []

    @Option(
        name: .customLong("check"),
        help: ArgumentHelp("Only this check; repeatable. 'list' shows them.", valueName: "id")
    )
    var checks: [String] = []

    @Option(help: ArgumentHelp("Time for everything: more finds rarer faults.", valueName: "seconds"))
    var budget: Double?

    @OptionGroup var libraries: LoadArguments

    @Option(help: ArgumentHelp("For pauses, orders and requests.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Where the result files go.", valueName: "dir"))
    var output = "results/latest"

    @Option(help: "How to print the results: text, markdown or json.")
    var format = Console.Format.text

    @Flag(name: .customLong("no-progress"), help: "Print no progress.")
    var hidesProgress = false

    @Flag(help: "Print what came of each check.")
    var verbose = false

    func validate() throws {
        if let budget, !(budget.isFinite && (1...86_400).contains(budget)) {
            throw ValidationError("--budget must be from 1 to 86400 seconds; got \(budget)")
        }
        if output.isEmpty { throw ValidationError("--output needs the path of a folder") }
    }

    func run() async throws {
        var options = VerificationOptions()
        options.filter = filter
        options.implementations = implementations
        options.checks = checks
        options.budgetSeconds = budget
        options.seed = seed
        options.output = output
        options.commandLine = shownCommandLine
        options.swiftVersion = compilerVersion
        let console = Console(format: format, showsProgress: !hidesProgress, isVerbose: verbose)
        let run = VerificationRun(
            options: options,
            registry: try await libraries.registry(),
            console: console,
            childArguments: [VerifyOneCommand.name]
        )
        let verdict = try await Interruption.cancelling { () async -> Result<Verdict, RunError> in
            do throws(RunError) { return .success(try await run.run()) } catch { return .failure(error) }
        }.get()
        console.conclude(verdict)
        throw CommandEnded(exitCode: verdict.exitCode)
    }
}

/// The child's side of a verification: not for people.
struct VerifyOneCommand: AsyncParsableCommand {
    static let name = "verify-one"
    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Make the checks described on standard input.",
        shouldDisplay: false
    )

    func run() async throws {
        await VerificationChild.run(registry: BenchmarkTool.registry)
    }
}
