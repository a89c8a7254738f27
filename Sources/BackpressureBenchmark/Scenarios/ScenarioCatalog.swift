import Foundation

/// Finds the scenarios of a run.
package enum ScenarioCatalog {
    /// The files that the options name, or else all of the folder that comes with the package.
    package static func scenarios(_ options: RunOptions, registry: Registry) async throws(RunError) -> [Scenario] {
        do throws(InputFileError) {
            return options.scenarioFiles.isEmpty
                ? try await ScenarioFile.readFolder(
                    path: folder,
                    traceOverride: options.trace,
                    registered: registry.ids
                )
                : try await ScenarioFile.read(
                    paths: options.scenarioFiles,
                    traceOverride: options.trace,
                    registered: registry.ids
                )
        } catch {
            throw .inputFile("\(error)")
        }
    }

    /// Where each scenario that the options pick was read from, as an absolute path.
    static func files(_ options: RunOptions) async throws(RunError) -> [String: String] {
        do throws(InputFileError) {
            var files: [String: String] = [:]
            for path in options.scenarioFiles.isEmpty ? try ScenarioFile.paths(inFolder: folder) : options.scenarioFiles
            {
                let name = try await ScenarioFile.read(path: path, traceOverride: options.trace).name
                files[name] = URL(fileURLWithPath: path).path
            }
            return files
        } catch {
            throw .inputFile("\(error)")
        }
    }

    /// Where the scenarios are.
    package static var folder: String { fixture("scenarios") }

    /// What has this name in `Fixtures` of the package in the current folder, or else of the package that this was built from: a
    /// package that brings its own queue has no scenarios, and no thresholds, of its own.
    package static func fixture(_ name: String) -> String {
        let local = "Fixtures/\(name)"
        if FileManager.default.fileExists(atPath: local) { return local }
        return URL(fileURLWithPath: #filePath)
            .appendingPathComponent("../../../../Fixtures/\(name)").standardizedFileURL.path
    }
}
