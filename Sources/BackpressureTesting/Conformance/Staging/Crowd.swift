import Synchronization

/// Tasks that run at the same time on the shared thread pool, watched for standstill.
struct Crowd: Sendable {
    private final class Counts: Sendable {
        let steps = Atomic<Int>(0)
        let finished = Atomic<Int>(0)
    }

    private let counts = Counts()
    private var tasks: [Task<Void, Never>] = []

    /// So often the watcher yields, with no task making a step in between, before it calls that a standstill: seconds,
    /// in which a single task that could run would have.
    private static let patience = 1_000_000

    /// Starts a task. It calls `step` whenever it gets on.
    mutating func start(_ operation: @escaping @Sendable (_ step: () -> Void) async -> Void) {
        let counts = counts
        tasks.append(
            Task.detached {
                await operation { counts.steps.wrappingAdd(1, ordering: .relaxed) }
                counts.finished.wrappingAdd(1, ordering: .releasing)
            }
        )
    }

    /// Waits until at least `count` tasks have finished; `false`: none of the others gets on any more.
    func waitUntilFinished(_ count: Int) async -> Bool {
        var seen = -1
        var idle = 0
        while counts.finished.load(ordering: .acquiring) < count {
            let steps = counts.steps.load(ordering: .relaxed)
            idle = steps == seen ? idle + 1 : 0
            seen = steps
            if idle > Crowd.patience { return false }
            await Task.yield()
        }
        return true
    }

    /// Waits until all tasks have finished; `false`: some don't get on any more.
    func waitUntilAllFinished() async -> Bool {
        await waitUntilFinished(tasks.count)
    }

    /// Cancels all tasks, so that a failed check leaves as few behind as possible.
    func cancel() {
        for task in tasks { task.cancel() }
    }
}
