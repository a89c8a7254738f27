import Foundation

/// The executable that this process runs: it runs itself for whatever needs a process of its own, so that the same
/// implementations are registered there.
enum OwnExecutable {
    static func path() throws(RunError) -> String {
        if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { return path }
        if let path = Bundle.main.executablePath { return path }
        throw .cannotMeasure("can't find the path of this executable, which runs itself for each measurement")
    }
}
