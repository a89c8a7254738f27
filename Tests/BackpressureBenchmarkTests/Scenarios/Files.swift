import Foundation
import Testing

/// The files that the tests read and write.
enum Files {
    static let packageRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let scenarios = packageRoot.appendingPathComponent("Fixtures/scenarios").path
    static let day = packageRoot.appendingPathComponent("Fixtures/traces/day.csv").path
    static let realDay = packageRoot.appendingPathComponent("../shared/data/nasa-http-1995-07-13.csv").path

    static func data(_ name: String) -> String {
        packageRoot.appendingPathComponent("Tests/BackpressureBenchmarkTests/Data/\(name)").path
    }
}

/// A folder that is gone when the last reference to it is.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("scenarios-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file and tells its path.
    func write(_ bytes: some Sequence<UInt8>, as name: String) throws -> String {
        let path = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    func write(_ text: String, as name: String) throws -> String { try write(text.utf8, as: name) }
}
