internal import ConcurrencySupport

/// Where a check starts tasks and steps them until all have finished or wait.
///
/// A check that fails may leave tasks waiting. When the stage goes they are cancelled and stepped to their ends; see
/// ``StagedTasks`` for those that have none.
struct Stage: Sendable {
    private let executor: StepExecutor
    private let tasks: StagedTasks

    /// An implementation that polls always has a job ready; so many are run before its tasks count as waiting.
    fileprivate static let longestRun = 10_000

    init() {
        executor = StepExecutor()
        tasks = StagedTasks(on: executor)
    }

    /// Starts a task, which doesn't run until the stage is stepped.
    func start<Value: Sendable>(_ operation: @escaping @Sendable () async -> Value) -> StagedTask<Value> {
        let outcome = Outcome<Value>()
        let task = Task(executorPreference: executor) { outcome.set(await operation()) }
        tasks.add(task) { outcome.value != nil }
        return StagedTask(task: task, outcome: outcome)
    }

    /// Runs all jobs that are ready, until there are none or `isDone`; returns whether it is done.
    @discardableResult
    func settle(until isDone: () -> Bool) async -> Bool {
        await settle(.untilStandstill, until: isDone, step: { executor.step() })
    }

    /// Runs all jobs that are ready, until there are none: what hasn't finished then, waits.
    func settle(newestFirst: Bool = false) async {
        let step = { executor.step { newestFirst ? $0 - 1 : 0 } }
        await settle(.forAMoment, until: { false }, step: step)
    }

    /// Runs jobs that are ready, each chosen at random and followed by `interlude`, until there are none or `isDone`.
    @discardableResult
    func settle(
        using generator: inout SeededGenerator,
        until isDone: () -> Bool,
        interlude: (inout SeededGenerator) -> Void
    ) async -> Bool {
        await settle(.untilStandstill, until: isDone) {
            let ran = executor.step { Int.random(in: 0..<$0, using: &generator) }
            if ran { interlude(&generator) }
            return ran
        }
    }

    @discardableResult
    private func settle(_ patience: Patience, until isDone: () -> Bool, step: () -> Bool) async -> Bool {
        var patience = patience
        repeat {
            for _ in 0..<Stage.longestRun {
                if isDone() { return true }
                if !step() { break }
            }
        } while await patience.wait()
        return isDone()
    }
}

/// A task on a ``Stage`` and its outcome, once it has one.
struct StagedTask<Value: Sendable>: Sendable {
    fileprivate let task: Task<Void, Never>
    fileprivate let outcome: Outcome<Value>

    /// What the task returned; `nil` while it runs or waits.
    var value: Value? { outcome.value }

    func cancel() { task.cancel() }
}

private final class Outcome<Value: Sendable>: Sendable {
    private let state = Lock<Value?>(nil)

    var value: Value? { state.withLock { $0 } }

    func set(_ value: Value) { state.withLock { $0 = value } }
}

/// The tasks of a stage that may not have ended.
private final class StagedTasks: Sendable {
    private struct Started {
        let task: Task<Void, Never>
        let hasEnded: @Sendable () -> Bool
    }

    private struct State {
        var started: [Started] = []
        var longest = 64
    }

    /// Tasks that a broken implementation neither wakes nor lets be cancelled: nobody can ever end them. Kept where a leak
    /// detector finds them, so that it has nothing to say of a failure that a check has reported.
    private static let stranded = Lock<[Task<Void, Never>]>([])

    private let executor: StepExecutor
    private let state = Lock(State())

    init(on executor: StepExecutor) { self.executor = executor }

    deinit {
        let unfinished = state.withLock { $0.started.filter { !$0.hasEnded() } }
        if unfinished.isEmpty { return }
        for one in unfinished { one.task.cancel() }
        var steps = 0
        while steps < Stage.longestRun, executor.step() { steps += 1 }
        let left = unfinished.filter { !$0.hasEnded() }.map(\.task)
        StagedTasks.stranded.withLock { $0 += left }
    }

    func add(_ task: Task<Void, Never>, hasEnded: @escaping @Sendable () -> Bool) {
        state.withLock { state in
            state.started.append(Started(task: task, hasEnded: hasEnded))
            // Those that have ended go when they are half of the list at least, or the list grows.
            guard state.started.count == state.longest else { return }
            state.started.removeAll { $0.hasEnded() }
            state.longest = max(64, 2 * state.started.count)
        }
    }
}
