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
              swift package benchmark verify --runs 100
            """
    )

    @Option(
        name: .customLong("check"),
        help: ArgumentHelp("Only this check; repeatable. 'list' shows them.", valueName: "id")
    )
    var checks: [String] = []

    @Option(help: ArgumentHelp("Time for everything: more finds rarer faults.", valueName: "seconds"))
    var budget: Double?

    @Option(
        help: ArgumentHelp(
            "Only this case of the one check of the one implementation, as a failure names it.",
            valueName: "case"
        )
    )
    var only: String?

    @Option(
        help: ArgumentHelp(
            "Verify so often, with seed after seed, 12 seconds each unless --budget says otherwise, until one fails.",
            valueName: "n"
        )
    )
    var runs = 1

    @OptionGroup var common: CommonArguments

    func validate() throws {
        if !(1...100_000).contains(runs) { throw ValidationError("--runs must be from 1 to 100000; got \(runs)") }
        if let budget, !(budget.isFinite && (1...86_400).contains(budget)) {
            throw ValidationError("--budget must be from 1 to 86400 seconds; got \(budget)")
        }
    }

    func run() async throws {
        var options = VerificationOptions()
        options.filter = common.filter
        options.implementations = common.implementations
        options.checks = checks
        options.budgetSeconds = budget
        options.only = only
        options.runs = runs
        options.seed = common.seed
        options.output = common.output
        options.commandLine = CommonArguments.commandLine
        options.swiftVersion = CommonArguments.compilerVersion
        let (registry, console, asked) = (try await common.libraries.registry(), common.console, options)
        try await common.conclude { () async throws(RunError) in
            try await VerificationRun(
                options: asked,
                registry: registry,
                console: console,
                childArguments: [VerifyOneCommand.name]
            ).run()
        }
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
