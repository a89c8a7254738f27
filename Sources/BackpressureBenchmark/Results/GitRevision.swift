import Subprocess

/// The commit of a working copy.
struct GitRevision: Equatable {
    var commit: String
    /// Whether a file, tracked or not, differs from the commit; `nil`: git didn't say.
    var isDirty: Bool?

    /// Asks git, which leaves the working copy as it is; `nil` if git is missing, takes longer than `timeLimit` for an
    /// answer, or knows no commit there.
    ///
    /// - Parameter searchPath: where to look for git; `nil`: where this process does.
    static func current(in folder: String, timeLimit: Duration, searchPath: String? = nil) async -> GitRevision? {
        let query = Query(folder: folder, timeLimit: timeLimit, searchPath: searchPath)
        guard case .text(let text) = await query.ask("rev-parse", "--verify", "HEAD") else { return nil }
        let commit = text.prefix { !$0.isWhitespace }
        guard !commit.isEmpty else { return nil }
        return GitRevision(commit: String(commit), isDirty: await query.ask("status", "--porcelain").isAnything)
    }
}

private struct Query {
    enum Answer {
        case text(String)
        case tooLong
        case none

        var isAnything: Bool? {
            switch self {
            case .text(let text): !text.isEmpty
            case .tooLong: true
            case .none: nil
            }
        }
    }

    var folder: String
    var timeLimit: Duration
    var searchPath: String?

    func ask(_ arguments: String...) async -> Answer {
        await withTaskGroup(of: Answer.self) { group in
            group.addTask { await run(arguments) }
            group.addTask {
                // Ends early, with an error of no interest, when the answer is there first.
                try? await Task.sleep(for: timeLimit)
                return .none
            }
            defer { group.cancelAll() }
            return await group.next() ?? .none
        }
    }

    /// A hook that started this process may have set these; they would win over the folder.
    private var environment: Environment {
        let overrides: [Environment.Key: String?] = ["GIT_DIR": nil, "GIT_WORK_TREE": nil, "GIT_INDEX_FILE": nil]
        return .inherit.updating(overrides).updating(searchPath.map { ["PATH": $0] } ?? [:])
    }

    private func run(_ arguments: [String]) async -> Answer {
        let options = ["--no-optional-locks", "-c", "core.fsmonitor=false", "-C", folder]
        let limit = 64 << 10
        do {
            let result = try await Subprocess.run(
                .name("git"),
                arguments: Arguments(options + arguments),
                environment: environment,
                output: .string(limit: limit),
                error: .discarded
            )
            guard result.terminationStatus.isSuccess else { return .none }
            return .text(result.standardOutput)
        } catch let error as SubprocessError where error.code == .outputLimitExceeded {
            return .tooLong
        } catch {
            return .none
        }
    }
}
