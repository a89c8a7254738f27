import Synchronization

/// Tasks that run at the same time on the shared thread pool, watched for standstill.
struct Crowd: Sendable {
    private final class Counts: Sendable {
        let steps = Atomic<Int>(0)
        let finished = Atomic<Int>(0)
    }

    private let counts = Counts()
    private var tasks: [Task<Void, Never>] = []

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
        var patience = Patience.untilStandstill
        while counts.finished.load(ordering: .acquiring) < count {
            let steps = counts.steps.load(ordering: .relaxed)
            if steps != seen { patience = .untilStandstill }
            seen = steps
            if await !patience.wait() { return false }
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
