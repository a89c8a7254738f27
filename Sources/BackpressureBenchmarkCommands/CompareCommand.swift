import ArgumentParser
import BackpressureBenchmark

/// `compare`: two folders of results, or two revisions measured in turn.
struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare two result folders, or two git revisions measured in turn.",
        discussion: """
            Two folders are compared by each figure's ratio to its reference. Two
            revisions are built apart, in .build/compare, and measured in turn, block by
            block, until it is clear whether one lost more than is tolerated.

            Examples:
              swift package benchmark compare results/baseline results/latest
              swift package benchmark compare --base main --filter pair
              swift package benchmark compare --base v1.2 --head v1.3 --implementation ring
              swift package benchmark compare --base main --tolerance 0.05 --metric cpu_per_op
            """
    )

    static let usualOutput = "results/latest-comparison"

    @Argument(help: ArgumentHelp("The results to compare with, and those to compare.", valueName: "dir"))
    var folders: [String] = []

    @Option(help: ArgumentHelp("Compare with this git revision.", valueName: "rev"))
    var base: String?

    @Option(help: ArgumentHelp("Compare this one; the package as it is if left out.", valueName: "rev"))
    var head: String?

    @Option(help: ArgumentHelp("Compare with this tool, built before; needs --head-tool.", valueName: "file"))
    var baseTool: String?

    @Option(help: ArgumentHelp("Compare this tool, built before.", valueName: "file"))
    var headTool: String?

    @Option(help: ArgumentHelp("See how often comparisons of recorded pairs err; needs --trials.", valueName: "file"))
    var recorded: String?

    @Option(help: ArgumentHelp("How often to draw from the recorded pairs.", valueName: "n"))
    var trials: Int?

    @Option(
        name: .customLong("metric"),
        help: ArgumentHelp("A metric of samples.csv; repeatable. Throughput if left out.", valueName: "name")
    )
    var metrics: [String] = []

    @Option(help: ArgumentHelp("The share that may be lost: 0.02, between folders 0.1.", valueName: "share"))
    var tolerance: Double?

    @Option(help: ArgumentHelp("Of the intervals.", valueName: "share"))
    var confidence = 0.99

    @Option(help: ArgumentHelp("Measure no more blocks than this.", valueName: "n"))
    var blocks: Int?

    @Flag(help: "Measure all blocks, also of what is decided before.")
    var allBlocks = false

    @OptionGroup var arguments: RunArguments

    func validate() throws {
        let modes = [!folders.isEmpty, base != nil, baseTool != nil || headTool != nil, recorded != nil]
        guard modes.filter(\.self).count == 1 else {
            throw ValidationError(
                "compare needs one of: two folders; --base REV; --base-tool and --head-tool; --recorded"
            )
        }
        guard folders.isEmpty || folders.count == 2 else {
            throw ValidationError("compare needs two folders; got \(folders.count): \(folders.joined(separator: ", "))")
        }
        guard (baseTool == nil) == (headTool == nil) else {
            throw ValidationError("--base-tool and --head-tool need each other")
        }
        guard (recorded == nil) == (trials == nil) else {
            throw ValidationError("--recorded and --trials need each other")
        }
        if head != nil, base == nil { throw ValidationError("--head needs --base") }
        if arguments.trace != nil {
            throw ValidationError("compare replays the scenarios' own traces; --trace is for run and gate")
        }
        if let trials, !(1...100_000).contains(trials) {
            throw ValidationError("--trials must be from 1 to 100000; got \(trials)")
        }
        if let tolerance, !(tolerance >= 0 && tolerance < 1) {
            throw ValidationError("--tolerance must be at least 0 and below 1; got \(tolerance)")
        }
        guard confidence >= 0.5, confidence < 1 else {
            throw ValidationError("--confidence must be at least 0.5 and below 1; got \(confidence)")
        }
        if let blocks, !(2...10_000).contains(blocks) {
            throw ValidationError("--blocks must be from 2 to 10000; got \(blocks)")
        }
    }

    func run() async throws {
        var options = ComparisonOptions(sides: sides)
        options.run = arguments.options(sections: [.throughput])
        if !metrics.isEmpty { options.metrics = metrics }
        options.run.output = arguments.common.output(orElse: Self.usualOutput)
        // Between two runs lies more than between two blocks.
        options.decision.tolerance = tolerance ?? (folders.isEmpty ? 0.02 : 0.1)
        options.decision.confidence = confidence
        options.decision.seed = arguments.common.seed
        if let blocks {
            options.decision.mostBlocks = blocks
            options.decision.leastBlocks = min(blocks, options.decision.leastBlocks)
        }
        if allBlocks { options.decision.leastBlocks = options.decision.mostBlocks }
        let (registry, console, asked) = (
            try await arguments.common.libraries.registry(), arguments.common.console, options
        )
        try await arguments.common.conclude { () async throws(RunError) in
            try await ComparisonRun(options: asked, registry: registry, console: console).run()
        }
    }

    private var sides: ComparisonOptions.Sides {
        if let base { return .revisions(base: base, head: head) }
        if let baseTool, let headTool { return .tools(base: baseTool, head: headTool) }
        if let recorded { return .recorded(pairs: recorded, trials: trials ?? 0) }
        return .folders(base: folders[0], head: folders[1])
    }
}
