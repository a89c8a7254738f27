internal import ConcurrencySupport

/// Runs tasks in many orders, each decided by a seed that replays it: for code that is asynchronous, such as an actor that
/// looks, awaits and then acts on what it saw.
///
///     let report = TaskExplorer(schedules: 500, seed: 1).explore { exploration in
///         let queue = ActorQueue<Int>(capacity: 1)
///         exploration.task("producer") { for element in 0..<3 { _ = await queue.push(element) } }
///         exploration.task("consumer") { for _ in 0..<3 { _ = await queue.pop() } }
///     }
///
/// A schedule that ends with tasks that wait, though nothing is ready to run, is a deadlock: a wake-up that was lost, as a
/// rule. The report carries the seed of the first schedule that failed.
///
/// A random sample, not a proof; for lock-free code there is ``ScheduleExplorer``, which sees every step within its bounds.
/// What a schedule can decide, and what is outside, says ``PCTTaskExecutor``. In particular nobody waits for real time: tasks
/// that sleep do so on a ``ManualClock``, which another task advances.
public struct TaskExplorer: Sendable {
    /// How many orders are tried, the first come first served order among them.
    public var schedules: Int
    /// Decides all of them.
    public var seed: UInt64
    /// One more than the number of times that a task falls behind all others; see ``PCTTaskExecutor``.
    public var depth: Int
    /// The most steps of a schedule: with more, it fails as one that doesn't end.
    public var steps: Int

    /// An explorer of so many schedules.
    public init(schedules: Int = 1_000, seed: UInt64, depth: Int = 3, steps: Int = 100_000) {
        self.schedules = schedules
        self.seed = seed
        self.depth = depth
        self.steps = steps
    }

    /// Runs `body` once for each schedule: it makes what is to be explored anew, begins the tasks, and says what must hold
    /// at the end. Ends with the first failure.
    ///
    /// After a deadlock the tasks are cancelled; those that still wait then are never released.
    public func explore(_ body: (TaskExploration) throws -> Void) -> TaskExplorationReport {
        var report = TaskExplorationReport()
        let expectedSteps = run(nil, expectedSteps: 1, &report, body)
        var number: UInt64 = 1
        while report.failure == nil, report.schedules < schedules {
            var generator = SeededGenerator(seed: seed, stream: number)
            number += 1
            _ = run(generator.next(), expectedSteps: expectedSteps, &report, body)
        }
        return report
    }

    /// Runs the one schedule of a failure's seed, of the same body and with the same depth; `nil`: first come first served.
    public func replay(seed: UInt64?, _ body: (TaskExploration) throws -> Void) -> TaskExplorationReport {
        var report = TaskExplorationReport()
        guard let seed else {
            _ = run(nil, expectedSteps: 1, &report, body)
            return report
        }
        // How many steps there are is known from the schedule that comes first.
        var unused = TaskExplorationReport()
        let expectedSteps = run(nil, expectedSteps: 1, &unused, body)
        _ = run(seed, expectedSteps: expectedSteps, &report, body)
        return report
    }

    /// Returns how many steps it took.
    private func run(
        _ seed: UInt64?,
        expectedSteps: Int,
        _ report: inout TaskExplorationReport,
        _ body: (TaskExploration) throws -> Void
    ) -> Int {
        let executor = PCTTaskExecutor(seed: seed, depth: depth, expectedSteps: expectedSteps)
        let exploration = TaskExploration(executor)
        let message = exploration.run(steps: steps, body)
        report.schedules += 1
        report.tasks = max(report.tasks, exploration.taskCount)
        report.longestSchedule = max(report.longestSchedule, executor.steps)
        if executor.isInterleaved { report.interleaved += 1 }
        report.failure = message.map {
            TaskExplorationFailure(
                message: $0,
                seed: seed,
                schedule: report.schedules,
                order: exploration.order
            )
        }
        return executor.steps
    }
}

/// One schedule of a ``TaskExplorer``: where its body begins tasks and says what must hold in the end.
public final class TaskExploration: Sendable {
    private struct Begun {
        var name: String
        var isFinished: @Sendable () -> Bool
        var cancel: @Sendable () -> Void
    }

    private struct State {
        var message: String?
        var begun: [Begun] = []
        var checks: [@Sendable () async throws -> Void] = []
    }

    private let executor: PCTTaskExecutor
    private let state = Lock(State())

    init(_ executor: PCTTaskExecutor) { self.executor = executor }

    /// Begins a task, which doesn't run before the body has returned. What it returns is there for the check.
    ///
    /// - Parameters:
    ///   - name: what it is called where a failure tells how it came about; `nil`: its number, from 1.
    ///   - work: an error that it throws is a failure of the schedule.
    @discardableResult
    public func task<Value: Sendable>(
        _ name: String? = nil,
        _ work: @escaping @Sendable () async throws -> Value
    ) -> ExploredTask<Value> {
        let name = name ?? "task \(taskCount + 1)"
        let result = ExploredTask<Value>()
        executor.name(name)
        let task = Task(executorPreference: executor) {
            do {
                result.set(try await work())
            } catch {
                self.fail("\(name) threw \(error)")
                result.end()
            }
        }
        result.cancel = { task.cancel() }
        state.withLock {
            $0.begun.append(Begun(name: name, isFinished: { result.hasEnded }, cancel: { task.cancel() }))
        }
        return result
    }

    /// An executor for an actor of the body, so that the way back from it is a step too; see ``PCTSerialExecutor``.
    public func actorExecutor() -> PCTSerialExecutor { PCTSerialExecutor(executor) }

    /// Says what must hold when all tasks have ended: an error that it throws is a failure of the schedule.
    public func check(_ check: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.checks.append(check) }
    }

    /// A failure of the schedule if the condition doesn't hold; in a task or in a check.
    public func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
        if !condition { fail(message()) }
    }

    func fail(_ message: String) {
        state.withLock { if $0.message == nil { $0.message = message } }
    }

    var taskCount: Int { state.withLock(\.begun.count) }

    var order: [String] { executor.order }

    /// Runs body, tasks and checks; returns what is wrong.
    func run(steps: Int, _ body: (TaskExploration) throws -> Void) -> String? {
        do { try body(self) } catch { fail("\(error)") }
        finish(steps)
        if state.withLock({ $0.message == nil }) {
            let checks = state.withLock(\.checks)
            task("check") { for check in checks { try await check() } }
            finish(steps)
            state.withLock { _ = $0.begun.popLast() }
        }
        // What these hold may hold this.
        return state.withLock { state in
            state.checks = []
            state.begun = state.begun.map { Begun(name: $0.name, isFinished: { true }, cancel: {}) }
            return state.message
        }
    }

    /// Half a second and more in which a task that could run would have.
    private static let pollsUntilStandstill = 500
    private static let nanosecondsPerPoll = 1_000_000

    private var unfinished: [Begun] { state.withLock { $0.begun.filter { !$0.isFinished() } } }

    private func finish(_ steps: Int) {
        var hasEnded = executor.run(steps: steps)
        // What is outside may be about to make one of them ready: the task in which an actor's queue deals with a
        // cancellation, for instance. So nothing is a deadlock before nothing has come of it for a while.
        var patience = Self.pollsUntilStandstill
        while hasEnded, patience > 0, !unfinished.isEmpty {
            // Nobody signals it: a sleep.
            _ = ThreadSemaphore().wait(nanoseconds: Self.nanosecondsPerPoll)
            if executor.step() {
                hasEnded = executor.run(steps: steps)
                patience = Self.pollsUntilStandstill
            } else {
                patience -= 1
            }
        }
        let unfinished = self.unfinished
        guard !unfinished.isEmpty else { return }
        let names = unfinished.map(\.name).joined(separator: " and ")
        if hasEnded {
            fail("deadlock: \(names) \(unfinished.count == 1 ? "waits" : "wait"), and nothing is ready to run")
        } else {
            fail("the schedule does not end: \(names) after \(steps) steps")
        }
        for task in unfinished { task.cancel() }
        _ = executor.run(steps: steps)
    }
}

/// A task of a ``TaskExploration``.
public final class ExploredTask<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var isFinished = false
        var cancel: @Sendable () -> Void = {}
    }

    private let state = Lock(State())

    init() {}

    /// Cancels it, from another task of the schedule.
    public internal(set) var cancel: @Sendable () -> Void {
        get { state.withLock(\.cancel) }
        set { state.withLock { $0.cancel = newValue } }
    }

    /// What it returned; to be read in a check, when it has ended.
    public var value: Value {
        guard let value = state.withLock(\.value) else { preconditionFailure("the task has not returned a value") }
        return value
    }

    /// Whether it has returned or thrown; for other tasks to wait on with `Task.yield()`.
    public var hasEnded: Bool { state.withLock(\.isFinished) }

    func set(_ value: Value) {
        state.withLock {
            $0.value = value
            $0.isFinished = true
        }
    }

    func end() { state.withLock { $0.isFinished = true } }
}
