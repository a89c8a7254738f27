internal import ConcurrencySupport

/// Where a check starts tasks and steps them until all have finished or wait.
struct Stage: Sendable {
    private let executor = StepExecutor()

    /// An implementation that polls always has a job ready; so many are run before its tasks count as waiting.
    private static let longestRun = 10_000

    /// Starts a task, which doesn't run until the stage is stepped.
    func start<Value: Sendable>(_ operation: @escaping @Sendable () async -> Value) -> StagedTask<Value> {
        let outcome = Outcome<Value>()
        let task = Task(executorPreference: executor) { outcome.set(await operation()) }
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
