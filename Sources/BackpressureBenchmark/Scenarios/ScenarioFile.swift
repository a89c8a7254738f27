import Foundation

/// Reads scenario files: YAML, one scenario each. `Fixtures/scenarios/README.md` lists the keys.
///
/// Every error is an ``InputFileError`` that says where it is, what was found and what is allowed there.
package enum ScenarioFile {
    /// The scenario in a file.
    ///
    /// - Parameter traceOverride: a trace file to replay, whole, where the scenario replays another.
    package static func read(path: String, traceOverride: String? = nil) async throws(InputFileError) -> Scenario {
        var traces = TraceFiles()
        return try await draft(path: path).resolved(traceOverride: traceOverride, traces: &traces)
    }

    /// The scenario in a text.
    ///
    /// - Parameters:
    ///   - path: where the text comes from: for errors, and what the path of a trace is relative to.
    ///   - traceOverride: a trace file to replay, whole, where the scenario replays another.
    package static func parse(
        text: String,
        path: String,
        traceOverride: String? = nil
    ) async throws(InputFileError) -> Scenario {
        var traces = TraceFiles()
        return try await ScenarioDraft(text: text, path: path).resolved(traceOverride: traceOverride, traces: &traces)
    }

    /// The scenarios in several files, in their order; two of the same name are an error that names both files.
    ///
    /// - Parameter registered: the implementations that may be named; `nil`: any.
    package static func read(
        paths: [String],
        traceOverride: String? = nil,
        registered: [String]? = nil
    ) async throws(InputFileError) -> [Scenario] {
        var drafts: [ScenarioDraft] = []
        for path in paths {
            let draft = try draft(path: path, registered: registered)
            if let other = drafts.first(where: { $0.scenario.name == draft.scenario.name }) {
                throw draft.namePlace.error(
                    "the name '\(draft.scenario.name)' is taken by \(other.namePlace.path); give one of them another"
                )
            }
            drafts.append(draft)
        }
        var scenarios: [Scenario] = []
        var traces = TraceFiles()
        for draft in drafts {
            scenarios.append(try await draft.resolved(traceOverride: traceOverride, traces: &traces))
        }
        return scenarios
    }

    /// The scenarios in the `.yaml` and `.yml` files of a folder, sorted by name.
    package static func readFolder(
        path: String,
        traceOverride: String? = nil,
        registered: [String]? = nil
    ) async throws(InputFileError) -> [Scenario] {
        let paths = try paths(inFolder: path)
        return try await read(paths: paths, traceOverride: traceOverride, registered: registered).sorted {
            $0.name < $1.name
        }
    }

    /// The scenario files of a folder, sorted.
    static func paths(inFolder path: String) throws(InputFileError) -> [String] {
        let endings = [".yaml", ".yml"]
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw InputFileError(path: path, message: "a folder of scenario files is expected; it can't be listed")
        }
        let files = names.filter { name in !name.hasPrefix(".") && endings.contains(where: name.hasSuffix) }.sorted()
        guard !files.isEmpty else {
            let expected = endings.joined(separator: " or ")
            throw InputFileError(
                path: path,
                message: "no scenario in this folder; files that end in \(expected) are expected"
            )
        }
        return files.map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
    }

    private static func draft(path: String, registered: [String]? = nil) throws(InputFileError) -> ScenarioDraft {
        let text = try InputFile.text(path: path, maximumBytes: ScenarioLimits.fileBytes)
        return try ScenarioDraft(text: text, path: path, registered: registered)
    }
}
