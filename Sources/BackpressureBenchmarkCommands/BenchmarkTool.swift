package import ArgumentParser
public import BackpressureBenchmark
import Foundation

/// The command line of the suite.
///
/// A package that brings its own implementations has an executable target that registers them:
///
///     import BackpressureBenchmark
///     import BackpressureBenchmarkCommands
///
///     var registry = Registry.builtIn
///     registry.register(QueueImplementation(id: "mine", …))
///     await BenchmarkTool.main(registry)
///
/// and `swift package benchmark` in that package runs them beside those that come with the suite.
public enum BenchmarkTool {
    /// What the command that runs now knows.
    @TaskLocal static var registry = Registry.builtIn

    /// Carries out the command that the process was called with, prints a verdict as the last line, and exits with the
    /// code that belongs to it.
    public static func main(_ registry: Registry = .builtIn) async -> Never {
        // A reader that goes away, `head` for one, must not end a run that has files to write.
        signal(SIGPIPE, SIG_IGN)
        let code = await $registry.withValue(registry) { await run(Array(CommandLine.arguments.dropFirst())) }
        exit(Int32(code.rawValue))
    }

    private static func run(_ arguments: [String]) async -> BackpressureBenchmark.ExitCode {
        // Options aren't parsed yet when parsing them fails, and whoever asked for JSON reads standard output.
        let wantsJSON =
            arguments.contains("--format=json")
            || zip(arguments, arguments.dropFirst()).contains { $0 == ("--format", "json") }
        let console = Console(format: wantsJSON ? .json : .text, showsProgress: false, isVerbose: false)
        // Until the options are parsed, what they look like.
        var folder = folderNamed(in: arguments)
        do {
            if try await runAsChild(arguments) { return .pass }
            try checkCommand(arguments.first)
            var command = try RootCommand.parseAsRoot(arguments)
            folder = (command as? any VerdictRecording)?.verdictFolder
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return .pass
        } catch let ended as CommandEnded {
            return ended.exitCode
        } catch let error as RunError {
            let verdict = Verdict([.init(error.exitCode, error.description)])
            if let folder { verdict.replaceOlder(in: folder) }
            console.complain("error: \(error)")
            console.conclude(verdict)
            return verdict.exitCode
        } catch {
            let message = RootCommand.fullMessage(for: error)
            guard RootCommand.exitCode(for: error) != .success else {
                print(message)
                return .pass
            }
            console.complain(message)
            let reason = RootCommand.message(for: error).split(whereSeparator: \.isNewline).first ?? "unknown error"
            let verdict = Verdict([.init(.usage, "usage: \(reason)")])
            if let folder { verdict.replaceOlder(in: folder) }
            console.conclude(verdict)
            return verdict.exitCode
        }
    }
}

extension BenchmarkTool {
    /// Does what a run asks of the processes that it starts, if that is what this one is.
    ///
    /// A run starts hundreds, none of which has options: parsing the whole command line for each (and checking its
    /// description, without optimisation) would cost more than many a measurement.
    private static func runAsChild(_ arguments: [String]) async throws -> Bool {
        if arguments == [MeasureCommand.name] {
            try await MeasureCommand().run()
        } else if arguments == [VerifyOneCommand.name] {
            try await VerifyOneCommand().run()
        } else {
            return false
        }
        return true
    }

    /// The folder that a command line that can't be parsed names as the output, if its command writes a verdict.
    private static func folderNamed(in arguments: [String]) -> String? {
        let recording = RootCommand.configuration.subcommands.filter { $0 is any VerdictRecording.Type }
        guard let first = arguments.first,
            first.hasPrefix("-") || recording.contains(where: { $0._commandName == first })
        else { return nil }
        let following = zip(arguments, arguments.dropFirst()).first { $0.0 == "--output" && !$0.1.hasPrefix("-") }?.1
        let joined = arguments.first { $0.hasPrefix("--output=") }?.dropFirst("--output=".count)
        return (following ?? joined.map(String.init)).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Says which commands there are if the first word is none of them: the parser would take it for an option's value.
    private static func checkCommand(_ word: String?) throws {
        let commands = RootCommand.configuration.subcommands.map { $0._commandName } + ["help"]
        guard let word, !word.hasPrefix("-"), !commands.contains(word) else { return }
        let shown = RootCommand.configuration.subcommands.filter { $0.configuration.shouldDisplay }.map {
            $0._commandName
        }
        throw RunError.usage("there is no command '\(word)'; there are: \(shown.joined(separator: ", "))")
    }
}

/// A command whose verdict is in a folder, too, whatever comes of it.
protocol VerdictRecording {
    var verdictFolder: String { get }
}

extension RunCommand: VerdictRecording {
    var verdictFolder: String { arguments.common.output }
}

extension StressCommand: VerdictRecording {
    var verdictFolder: String { arguments.common.output }
}

extension VerifyCommand: VerdictRecording {
    var verdictFolder: String { common.output }
}

extension GateCommand: VerdictRecording {
    var verdictFolder: String { arguments.common.output(orElse: results ?? arguments.common.output) }
}

extension CompareCommand: VerdictRecording {
    var verdictFolder: String { arguments.common.output(orElse: CompareCommand.usualOutput) }
}

/// A command has said all it had to, its verdict included.
struct CommandEnded: Error {
    let exitCode: BackpressureBenchmark.ExitCode
}

/// `backpressure-benchmark`, behind `swift package benchmark`.
package struct RootCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Compare and stress-test backpressure implementations, and check what they did.",
        usage: "swift package benchmark [COMMAND] [OPTIONS]",
        discussion: """
            Without a command it runs all sections of the profile 'standard', in two and
            a half minutes, and writes results/latest.

            Examples:
              swift package benchmark
              swift package benchmark --profile quick
              swift package benchmark run --only throughput --filter 2x2
              swift package benchmark run --implementation ring --implementation mutex
              swift package benchmark run --filter replay --trace access.log.gz
              swift package benchmark run --load ./libmine.so
              swift package benchmark verify
              swift package benchmark stress
              swift package benchmark gate
              swift package benchmark compare --base main --filter pair
              swift package benchmark report
              swift package benchmark list

            The last line is the verdict; results/latest/verdict.json has it with the
            exit code: 0 pass, 2 performance regression, 3 verification failed,
            4 stress failed, 5 not all measured, 6 the machine can't measure,
            64 usage, 65 bad input file, 74 input/output.
            """,
        subcommands: [
            RunCommand.self, VerifyCommand.self, StressCommand.self, GateCommand.self, CompareCommand.self,
            ReportCommand.self, ListCommand.self, MakeTraceCommand.self, MeasureCommand.self, MeasureSlicesCommand.self,
            VerifyOneCommand.self,
            InspectCommand.self,
        ],
        defaultSubcommand: RunCommand.self
    )

    package init() {}
}
