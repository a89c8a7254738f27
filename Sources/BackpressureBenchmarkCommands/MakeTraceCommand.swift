import ArgumentParser
import BackpressureBenchmark
import Foundation

/// `make-trace`: the synthetic day that comes with the package, anew or with another seed.
struct MakeTraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make-trace",
        abstract: "Make a synthetic day of requests per second: a daily curve, bursts and a flash crowd.",
        discussion: """
            Example:
              swift package benchmark make-trace --seed 7 --output my-day.csv
            """
    )

    @Option(help: ArgumentHelp("The same seed makes the same file.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
    var output: String

    func run() async throws {
        let url = URL(fileURLWithPath: output)
        do {
            let folder = try ResultFolder(path: url.deletingLastPathComponent().path)
            try folder.write(TraceGenerator(seed: seed).csv(), to: url.lastPathComponent)
        } catch {
            throw RunError.output("\(error)")
        }
        let console = Console(format: .text, showsProgress: false, isVerbose: false)
        console.say("Wrote \(output).")
        console.conclude(Verdict())
    }
}
