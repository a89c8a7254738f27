import ArgumentParser
import BackpressureBenchmark

extension Console.Format: ExpressibleByArgument {}

/// The options of every command that puts implementations through something and writes results.
struct CommonArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Only implementations that match, or scenarios.", valueName: "regex"))
    var filter: String?

    @Option(
        name: .customLong("implementation"),
        help: ArgumentHelp("Only this implementation; repeatable. 'list' shows the ids.", valueName: "id")
    )
    var implementations: [String] = []

    @OptionGroup var libraries: LoadArguments

    @Option(help: ArgumentHelp("For the order of things and for what is random in them.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp(
            "Where the result files go: results/latest, of compare results/latest-comparison.",
            valueName: "dir"
        )
    )
    var chosenOutput: String?

    @Option(help: "How to print the results: text, markdown or json.")
    var format = Console.Format.text

    @Flag(name: .customLong("no-progress"), help: "Print no progress.")
    var hidesProgress = false

    @Flag(help: "Print what came of each measurement or check.")
    var verbose = false

    func validate() throws {
        if chosenOutput?.isEmpty ?? false { throw ValidationError("--output needs the path of a folder") }
    }

    var output: String { output(orElse: "results/latest") }

    func output(orElse folder: String) -> String { chosenOutput ?? folder }

    var console: Console { Console(format: format, showsProgress: !hidesProgress, isVerbose: verbose) }

    /// Does the work and ends the command with its verdict. Interrupting it ends it early, with valid files.
    func conclude(_ work: @escaping @Sendable () async throws(RunError) -> Verdict) async throws {
        let verdict = try await Interruption.cancelling { () async -> Result<Verdict, RunError> in
            do throws(RunError) { return .success(try await work()) } catch { return .failure(error) }
        }.get()
        console.conclude(verdict)
        throw CommandEnded(exitCode: verdict.exitCode)
    }

    /// The command line, with the tool's name without its folder, which is nobody else's.
    static var commandLine: [String] {
        let tool = CommandLine.arguments.prefix(1).map { String($0.split(separator: "/").last ?? "") }
        return tool + CommandLine.arguments.dropFirst()
    }

    /// The compiler that built this, as far as a program can tell.
    static var compilerVersion: String {
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
}
