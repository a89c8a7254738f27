internal import ConcurrencySupport

/// Runs tasks one step at a time in an order that its seed decides and replays: always the one with the highest priority.
///
/// Priorities are drawn at random when a task first becomes ready; at `depth - 1` steps, drawn at random too, the task that
/// would run falls behind all others. So an error that shows when `depth` steps come in a certain order is found with a
/// probability of at least 1 / (tasks · steps^(depth - 1)) in each schedule, which is far better than running whatever comes.
///
/// For tasks that are started with it as their executor preference, their child tasks, and the default actors they call:
/// each hop to an actor, each resumption and each `Task.yield()` is a step. A default actor serves its line in order of arrival
/// and lets a task go on right away on the way back, so what others could do between two calls of it isn't tried; an actor
/// that is given a ``PCTSerialExecutor`` shows that too. Actors with another executor of their own, unstructured tasks begun
/// without the preference and timers are outside.
///
/// - Source: Burckhardt, Kothari, Musuvathi, Nagarakatte: "A randomized scheduler with probabilistic guarantees of finding
///   bugs", 2010.
public final class PCTTaskExecutor: TaskExecutor {
    private struct Ready {
        var job: UnownedJob
        /// Which task. What is no task's (an actor that is to serve those in its line, the way back from `Task.yield()`)
        /// is done for the task that caused it.
        var runner: Int
        /// For what runs on an actor with such an executor.
        var isolation: PCTSerialExecutor?
    }

    private struct Runner {
        var name: String
        var priority: Double
        /// Steps in a row after which it was ready again at once.
        var repeats = 0
    }

    private struct State {
        var generator: SeededGenerator?
        var demotions: [Int: Int] = [:]
        var lowest = 0.0
        var ready: [Ready] = []
        var runners: [Runner] = []
        /// The runner of each task.
        var numbers: [String: Int] = [:]
        var running: Int?
        var nextName: String?
        var steps = 0
        var order: [Int] = []
    }

    private let state: Lock<State>

    /// A task that is always ready again runs so often at most before the others get a turn.
    private static let longestRun = 32

    /// - Parameters:
    ///   - seed: decides the schedule; `nil`: first come first served.
    ///   - depth: one more than the number of demotions; at least 1.
    ///   - expectedSteps: among how many steps the demotions are spread.
    public init(seed: UInt64?, depth: Int = 3, expectedSteps: Int = 100) {
        var state = State()
        if let seed {
            var generator = SeededGenerator(seed: seed)
            for demotion in 1..<max(depth, 1) {
                state.demotions[Int.random(in: 1...max(expectedSteps, 1), using: &generator)] = demotion
            }
            state.generator = generator
        }
        self.state = Lock(state)
    }

    /// Takes a job that has become ready.
    public func enqueue(_ job: consuming ExecutorJob) { enqueue(job, isolation: nil) }

    func enqueue(_ job: consuming ExecutorJob, isolation: PCTSerialExecutor?) {
        // The only public sign of which task a job belongs to; "nil" for those of actors.
        let identity = job.description
        let job = UnownedJob(job)
        state.withLock { state in
            let isTask = !identity.contains("nil")
            let runner: Int
            if let known = isTask ? state.numbers[identity] : state.running {
                runner = known
            } else {
                runner = state.runners.count
                if isTask { state.numbers[identity] = runner }
                let name = state.nextName ?? "task \(runner + 1)"
                state.nextName = nil
                state.runners.append(Runner(name: name, priority: Self.priority(&state)))
            }
            state.ready.append(Ready(job: job, runner: runner, isolation: isolation))
        }
    }

    private static func priority(_ state: inout State) -> Double {
        guard var generator = state.generator else { return 0 }
        defer { state.generator = generator }
        // Above all demoted ones, which are below 0.
        return Double.random(in: 0..<1, using: &generator)
    }

    /// Runs one step; `false`: nothing is ready.
    public func step() -> Bool {
        guard let ready = state.withLock({ Self.take(&$0) }) else { return false }
        let runner = ready.runner
        if let isolation = ready.isolation {
            ready.job.runSynchronously(
                isolatedTo: isolation.asUnownedSerialExecutor(),
                taskExecutor: asUnownedTaskExecutor()
            )
        } else {
            ready.job.runSynchronously(on: asUnownedTaskExecutor())
        }
        state.withLock { state in
            state.running = nil
            let isReadyAgain = state.ready.contains { $0.runner == runner }
            state.runners[runner].repeats = isReadyAgain ? state.runners[runner].repeats + 1 : 0
            if state.runners[runner].repeats >= Self.longestRun { Self.demote(runner, &state) }
        }
        return true
    }

    /// Runs until nothing is ready; `false`: there still was after so many steps.
    public func run(steps limit: Int = .max) -> Bool {
        for _ in 0..<limit { if !step() { return true } }
        return false
    }

    private static func take(_ state: inout State) -> Ready? {
        guard !state.ready.isEmpty else { return nil }
        state.steps += 1
        if state.demotions[state.steps] != nil { demote(state.ready[next(state)].runner, &state) }
        let ready = state.ready.remove(at: next(state))
        state.order.append(ready.runner)
        state.running = ready.runner
        return ready
    }

    /// The first of those with the highest priority.
    private static func next(_ state: State) -> Int {
        var best = 0
        for index in state.ready.indices.dropFirst()
        where state.runners[state.ready[index].runner].priority > state.runners[state.ready[best].runner].priority {
            best = index
        }
        return best
    }

    private static func demote(_ runner: Int, _ state: inout State) {
        state.lowest -= 1
        state.runners[runner].priority = state.lowest
        state.runners[runner].repeats = 0
    }

    // MARK: For the explorer

    /// What the next task to be started is called.
    func name(_ name: String) { state.withLock { $0.nextName = name } }

    var steps: Int { state.withLock(\.steps) }

    /// Who ran, step for step, in words; those in a row taken together.
    var order: [String] {
        state.withLock { state in
            var lines: [(name: String, steps: Int)] = []
            for runner in state.order {
                let name = state.runners[runner].name
                if let last = lines.last, last.name == name {
                    lines[lines.count - 1].steps += 1
                } else {
                    lines.append((name, 1))
                }
            }
            return lines.map { $0.steps == 1 ? $0.name : "\($0.name), \($0.steps) steps" }
        }
    }

    /// Whether any task ran between two steps of another.
    var isInterleaved: Bool {
        state.withLock { state in
            var last: Int?
            var seen: Set<Int> = []
            for runner in state.order where runner != last {
                if !seen.insert(runner).inserted { return true }
                last = runner
            }
            return false
        }
    }
}

/// For one actor: its jobs, and the way back from it, are steps of a ``PCTTaskExecutor``, in whatever order that chooses.
///
///     final actor Door {
///         private let executor: PCTSerialExecutor
///         nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
///         …
public final class PCTSerialExecutor: SerialExecutor {
    private let executor: PCTTaskExecutor

    /// An executor whose steps are those of `executor`, for one actor alone.
    public init(_ executor: PCTTaskExecutor) { self.executor = executor }

    /// Takes a job of the actor that has become ready.
    public func enqueue(_ job: consuming ExecutorJob) { executor.enqueue(job, isolation: self) }
}
