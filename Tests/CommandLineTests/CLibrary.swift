import Foundation
import Subprocess
import Testing

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// Builds shared libraries as a user would: with the machine's C compiler.
enum CLibrary {
    private static let include = Tool.packageRoot + "/Sources/CForeignImplementations/include"

    /// Builds `Libraries/NAME.c` into a folder and tells the library's path.
    static func build(_ name: String, in workspace: Workspace) async throws -> String {
        let library = "\(workspace.path)/\(name).so"
        let source = "\(Tool.packageRoot)/Tests/CommandLineTests/Libraries/\(name).c"
        try await run(
            "cc",
            ["-O2", "-shared", "-fPIC", "-Wall", "-Werror", "-I", include, "-o", library, source],
            in: workspace.path
        )
        return library
    }

    /// Runs a line of a shell.
    static func run(shell command: String, in folder: String) async throws {
        try await run("sh", ["-c", command], in: folder)
    }

    private static func run(_ tool: String, _ arguments: [String], in folder: String) async throws {
        let result = try await Subprocess.run(
            .name(tool),
            arguments: Arguments(arguments),
            workingDirectory: FilePath(folder),
            output: .discarded,
            error: .string(limit: 1 << 20)
        )
        try #require(result.terminationStatus == .exited(0), "\(result.standardError)")
    }
}
