import Foundation

/// A folder for the scenarios and results of one test, gone when the last reference to it is.
final class Workspace: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("command-line-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Where runs are told to write.
    var output: String { path + "/results" }

    /// Everything in the folder, by its path below it.
    var contents: [String] {
        (FileManager.default.enumerator(atPath: path)?.allObjects as? [String] ?? []).sorted()
    }

    /// Writes a file and tells its path.
    @discardableResult
    func write(_ bytes: some Sequence<UInt8>, as name: String) throws -> String {
        let file = "\(path)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    @discardableResult
    func write(_ text: String, as name: String) throws -> String { try write(text.utf8, as: name) }

    func makePipe(_ name: String) throws {
        guard mkfifo("\(path)/\(name)", 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    /// The options that make a run measure just these scenarios, and write here.
    func options(_ scenarios: TinyScenario...) throws -> [String] {
        var options = ["--output", output]
        for scenario in scenarios {
            options += ["--scenario", try write(scenario.text, as: "\(scenario.name).yaml")]
        }
        return options
    }
}
