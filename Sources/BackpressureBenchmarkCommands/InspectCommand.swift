import ArgumentParser
import BackpressureBenchmark

/// Opens a library and says what is in it: not for people.
struct InspectCommand: ParsableCommand {
    static let name = "inspect-library"
    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Print what a shared library offers.",
        shouldDisplay: false
    )

    @Argument var library: String

    func run() throws {
        // On a line of its own, whatever the library printed.
        print("\n" + String(decoding: try LibraryInspection.answer(path: library), as: UTF8.self))
    }
}
