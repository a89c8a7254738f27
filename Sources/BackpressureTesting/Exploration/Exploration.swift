internal import CFibers

/// One execution of a ``ScheduleExplorer``: where its body begins threads and says what must hold in the end.
public final class Exploration {
    let bounds: ScheduleExplorer
    var memory = ModelMemory()
    var threads: [LogicalThread] = []
    /// The thread whose turn it is; `nil`: the body or the check runs, alone.
    var running: Int?
    var next: Int?
    var path: ChoicePath
    let known: KnownStates
    var fibers: [Fiber]
    var preemptionsLeft: Int
    var staleReadsLeft: Int
    /// Grows with everything that could let a spinning thread go on.
    var progress = 0
    var isLocked = false
    /// The next access belongs together with what was done before it.
    var holdsTurn = false
    var isAbandoned = false
    var accesses = 0
    var isInterleaved = false
    var isMerged = false
    var message: String?
    /// What happened, in words: of replays only.
    private(set) var interleaving: [String] = []
    private var checks: [() throws -> Void] = []
    private var blocks: [UnsafeMutableRawPointer] = []
    private var time = 0

    init(_ bounds: ScheduleExplorer, preemptions: Int, path: ChoicePath, known: KnownStates, fibers: [Fiber]) {
        self.bounds = bounds
        self.path = path
        self.known = known
        self.fibers = fibers
        preemptionsLeft = preemptions
        staleReadsLeft = path.isReplay ? .max : bounds.staleReads
    }

    deinit {
        for block in blocks { block.deallocate() }
    }

    /// A logical thread and what is known of it.
    final class LogicalThread {
        let name: String
        let fiber: Fiber
        var isFinished = false
        var isStarted = false
        /// Parked here.
        var semaphore: ModelSemaphore?
        var isTimed = false
        /// Loads in a row without anything having happened meanwhile.
        var idleLoads = 0
        var progressSeen = 0

        init(name: String, fiber: Fiber) {
            self.name = name
            self.fiber = fiber
        }
    }

    static var current: Exploration {
        guard let current = backpressure_current_exploration() else {
            preconditionFailure("a model word, lock or semaphore was used outside of ScheduleExplorer.explore")
        }
        return Unmanaged<Exploration>.fromOpaque(current).takeUnretainedValue()
    }

    // MARK: For the body

    /// Begins a logical thread, which runs after the body has returned. What it returns is there for the check.
    ///
    /// Threads must have nothing in common but words and what these protect, must do the same in the same schedule, and must
    /// not wait for anything but each other. A loop that waits by loads alone is found to spin and gives way to others; a
    /// loop that does more than that must have an end of its own, or call ``pause()``.
    ///
    /// - Parameters:
    ///   - name: what it is called where a failure tells how it came about; `nil`: its number, from 1.
    ///   - work: an error it throws is a failure of the execution.
    @discardableResult
    public func thread<Value>(_ name: String? = nil, _ work: @escaping () throws -> Value) -> ExploredThread<Value> {
        precondition(running == nil, "threads are begun by the body, not by other threads")
        let result = ExploredThread<Value>()
        let number = threads.count
        let name = name ?? "thread \(number + 1)"
        if fibers.count == number { fibers.append(Fiber()) }
        let fiber = fibers[number]
        fiber.assign { [unowned self] in
            do {
                result.set(try work())
            } catch {
                fail("\(name) threw \(error)")
            }
            threads[number].isFinished = true
            progress += 1
        }
        threads.append(LogicalThread(name: name, fiber: fiber))
        return result
    }

    /// Says what must hold when all threads have ended: an error that it throws is a failure of the execution.
    public func check(_ check: @escaping () throws -> Void) { checks.append(check) }

    /// A failure of the execution if the condition doesn't hold; in a thread or in a check.
    public func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
        if !condition { fail(message()) }
    }

    /// Runs an operation in a thread and says when it began and ended. Whatever ended before another began is visible to
    /// it, as it is to a user who learns of the end by other means.
    public func timed<Value>(_ operation: () throws -> Value) rethrows -> Timed<Value> {
        takeTurn()
        let called = boundary()
        holdsTurn = true
        let value = try operation()
        holdsTurn = false
        return Timed(value: value, called: called, returned: boundary())
    }

    /// In a thread that waits for others: goes on when another has done something.
    public func pause() {
        guard let running else { return }
        threads[running].idleLoads = max(threads[running].idleLoads, Exploration.idleLoadsOfSpinning)
        threads[running].progressSeen = progress
        takeTurn()
    }

    /// Memory for words of 8 bytes with the value 0, as long as the execution lasts.
    public func words(_ count: Int) -> UnsafeMutableRawPointer {
        let block = UnsafeMutableRawPointer.allocate(byteCount: 8 * count, alignment: 8)
        blocks.append(block)
        for index in 0..<count { ModelWord(at: block + 8 * index).initialize(to: 0) }
        return block
    }

    // MARK: For the explorer

    /// Runs body, threads and checks; returns what is wrong.
    func run(_ body: (Exploration) throws -> Void) -> String? {
        let outer = backpressure_current_exploration()
        backpressure_set_current_exploration(Unmanaged.passUnretained(self).toOpaque())
        defer { backpressure_set_current_exploration(outer) }
        do {
            try body(self)
            runThreads()
            running = nil
            if message == nil {
                for check in checks { try check() }
            }
        } catch {
            fail("\(error)")
        }
        // What these hold may be made of words. It is released here, where no thread runs: that the last to release
        // something comes after all others is for reference counts to see to.
        running = nil
        checks = []
        for thread in threads where thread.isFinished || !thread.isStarted { thread.fiber.clear() }
        return message
    }

    /// What the next execution goes on with.
    func handBack() -> (ChoicePath, [Fiber]) {
        defer {
            path = ChoicePath()
            fibers = []
        }
        return (path, fibers)
    }

    func fail(_ message: String) {
        if self.message == nil { self.message = message }
        note("FAILURE: \(message)")
    }

    func note(_ event: @autoclosure () -> String) {
        guard path.isReplay else { return }
        let name = running.map { threads[$0].name }
        interleaving.append(name.map { "\($0): \(event())" } ?? event())
    }

    private func boundary() -> Int {
        time += 1
        if let running { memory.boundary(running) }
        note("-- time \(time)")
        return time
    }
}

/// What a logical thread returned.
public final class ExploredThread<Value> {
    private var result: Value?

    init() {}

    func set(_ value: Value) { result = value }

    /// What it returned; to be read in a check, when it has ended.
    public var value: Value {
        guard let result else { preconditionFailure("the thread has not returned a value") }
        return result
    }
}

/// An operation's result, and when it took place: of two operations the one ended before the other began if `returned` is
/// below `called`.
public struct Timed<Value> {
    /// What it returned.
    public let value: Value
    /// When it began.
    public let called: Int
    /// When it had ended.
    public let returned: Int
}

extension Timed: Sendable where Value: Sendable {}
