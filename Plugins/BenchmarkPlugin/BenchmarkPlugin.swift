import Foundation
import PackagePlugin

/// `swift package benchmark`: builds the tool in release mode, runs it with the arguments, and passes its verdict on.
@main
struct BenchmarkPlugin: CommandPlugin {
    func performCommand(context: PluginContext, arguments: [String]) async throws {
        try checkForJemalloc()
        let product = try findProduct(in: context.package)
        var parameters = PackageManager.BuildParameters()
        parameters.configuration = .release
        parameters.logging = .concise
        parameters.echoLogs = true
        let build = try packageManager.build(.product(product), parameters: parameters)
        guard build.succeeded, let tool = build.builtArtifacts.first(where: { $0.kind == .executable }) else {
            throw Failure("'\(product)' did not build; the messages above say why")
        }

        let process = Process()
        process.executableURL = tool.url
        process.arguments = arguments
        process.currentDirectoryURL = context.package.directoryURL
        try process.run()
        process.waitUntilExit()
        // Whatever is thrown here becomes exit code 1; the tool has said everything else.
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw Failure("exit code \(process.terminationStatus) of \(product)")
        }
    }

    /// The package's executable that depends on the suite: its own registrations in a package that brings
    /// implementations, the tool itself in this one. What lies among the tests is for the tests.
    private func findProduct(in package: Package) throws -> String {
        let tests = package.directoryURL.appendingPathComponent("Tests").path + "/"
        let executables = package.products(ofType: ExecutableProduct.self).filter { product in
            let target = product.mainTarget
            return !target.directoryURL.path.hasPrefix(tests)
                && target.recursiveTargetDependencies.contains { $0.name == "BackpressureBenchmarkCommands" }
        }
        guard let first = executables.first else {
            throw Failure(
                "no executable of this package depends on the product 'BackpressureBenchmark'; add a target that "
                    + "registers your implementations and calls BenchmarkTool.main"
            )
        }
        guard executables.count == 1 else {
            let names = executables.map(\.name).joined(separator: ", ")
            throw Failure("several executables depend on 'BackpressureBenchmark' (\(names)); keep one")
        }
        return first.name
    }

    /// Without the header the build fails with a page of errors; this says it in a line.
    private func checkForJemalloc() throws {
        #if os(Linux)
        let places = ["/usr/include", "/usr/local/include"] + (environmentFolders("C_INCLUDE_PATH") ?? [])
        let isThere = places.contains { FileManager.default.fileExists(atPath: "\($0)/jemalloc/jemalloc.h") }
        guard isThere else {
            throw Failure(
                "jemalloc's header was not found; install it with 'make benchmark' or 'apt-get install libjemalloc-dev'"
            )
        }
        #endif
    }

    private func environmentFolders(_ name: String) -> [String]? {
        ProcessInfo.processInfo.environment[name]?.split(separator: ":").map(String.init)
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ reason: String) {
            description = reason
            // SwiftPM prints the error after this; scripts look for the verdict.
            if !reason.hasPrefix("exit code") { print("verdict: fail (\(reason))") }
        }
    }
}
