import Foundation
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// Builds the tool of another revision: in a worktree of its own, with build files of its own, so that neither the
/// working copy nor a build that is under way is touched. Both stay, so that the next comparison finds them.
struct RevisionBuild: Sendable {
    /// The package's folder, in a repository.
    let package: String
    /// The executable's name.
    let product: String
    let console: Console

    /// The built tool of `revision`.
    ///
    /// - Throws: ``RunError``: git doesn't know the revision, or it doesn't build.
    func tool(of revision: String) async throws(RunError) -> String {
        let commit = try await commit(revision)
        let folder = "\(package)/.build/compare/\(commit.prefix(12))"
        let source = "\(folder)/source"
        if !FileManager.default.fileExists(atPath: source) {
            // A worktree whose folder was removed is still on git's list.
            _ = try await git("worktree", "prune")
            _ = try await git("worktree", "add", "--detach", "--force", source, commit)
        }
        let subfolder = try await git("rev-parse", "--show-prefix").trimmingCharacters(in: .whitespacesAndNewlines)
        pinDependencies(of: "\(source)/\(subfolder)")
        let isFirst = !FileManager.default.fileExists(atPath: "\(folder)/build/release/\(product)")
        console.say(
            "Building \(revision) (\(commit.prefix(12))) in \(folder)"
                + (isFirst ? ", from nothing, which takes some minutes …" : " …")
        )
        let start = ContinuousClock.now
        let arguments = [
            "build", "-c", "release", "--product", product, "--package-path", "\(source)/\(subfolder)",
            "--scratch-path", "\(folder)/build",
        ]
        let built = try await run("swift", arguments)
        guard built.isSuccess else {
            let lines = built.output.split(separator: "\n").filter { $0.contains("error:") }.prefix(5)
            throw .inputFile(
                "revision \(revision) doesn't build: \(lines.isEmpty ? "swift build failed" : lines.joined(separator: "; ")); "
                    + "see it with: swift \(arguments.joined(separator: " "))"
            )
        }
        let seconds = Numbers.timeLeft(seconds: (ContinuousClock.now - start) / .seconds(1))
        console.say("Built in \(seconds). It stays there for the next comparison.")
        return "\(folder)/build/release/\(product)"
    }

    /// Whether the working copy is what `revision` stands for, with nothing changed, so that the tool that runs is its tool.
    func isCheckedOut(_ revision: String) async throws(RunError) -> Bool {
        guard try await commit(revision) == commit("HEAD") else { return false }
        return try await git("status", "--porcelain").isEmpty
    }

    /// Another revision with other dependencies than this one's would be compared for those, too.
    private func pinDependencies(of other: String) {
        let (own, others) = ("\(package)/Package.resolved", "\(other)/Package.resolved")
        guard !FileManager.default.fileExists(atPath: others) else { return }
        // Without one there is nothing to keep to.
        try? FileManager.default.copyItem(atPath: own, toPath: others)
    }

    /// The commit that a name stands for.
    func commit(_ revision: String) async throws(RunError) -> String {
        let answer = try await run("git", ["-C", package, "rev-parse", "--verify", "--quiet", "\(revision)^{commit}"])
        let commit = answer.output.trimmingCharacters(in: .whitespacesAndNewlines)
        guard answer.isSuccess, !commit.isEmpty else {
            throw .usage("git knows no revision '\(revision)' in \(package)")
        }
        return commit
    }

    private func git(_ arguments: String...) async throws(RunError) -> String {
        let answer = try await run("git", ["-C", package] + arguments)
        guard answer.isSuccess else {
            throw .inputFile("git \(arguments.joined(separator: " ")) failed: \(answer.output.suffix(400))")
        }
        return answer.output
    }

    private func run(_ name: String, _ arguments: [String]) async throws(RunError) -> (isSuccess: Bool, output: String)
    {
        do {
            let result = try await Subprocess.run(
                .name(name),
                arguments: Arguments(arguments),
                environment: .inherit.updating(["GIT_DIR": nil, "GIT_WORK_TREE": nil, "GIT_INDEX_FILE": nil]),
                output: .string(limit: 64 << 20),
                error: .combinedWithOutput
            )
            return (result.terminationStatus.isSuccess, result.standardOutput)
        } catch {
            throw .cannotMeasure("'\(name)' could not be run: \(error); it is needed to build another revision")
        }
    }
}
