/// Who works in a ``WorkerPool``. Decides, and says whom to cancel or wake; its owner does that outside the lock.
struct PoolState {
    private struct Worker {
        var task: Task<Void, Never>?
        var job: Task<Void, any Error>?
        var isIdle = false
        var isLeaving = false
    }

    private enum Phase { case notBegun, running, ended }

    private var target: Int
    private var workers: [Int: Worker] = [:]
    private var nextNumber = 0
    private var phase = Phase.notBegun
    private var isAborted = false
    private var left: [PoolJob] = []
    private var waiters: [UnsafeContinuation<Void, Never>] = []
    private var completed: UInt64 = 0
    private var failed: UInt64 = 0
    var isClosed = false

    init(target: Int) {
        precondition(target >= 1, "a pool has at least one worker")
        self.target = target
    }

    var statistics: WorkerPoolStatistics {
        WorkerPoolStatistics(
            workers: workers.count,
            busy: workers.values.count { $0.job != nil },
            completed: completed,
            failed: failed
        )
    }

    private var staying: Int { workers.values.count { !$0.isLeaving } }

    /// Whom to cancel: those that idle and are to go. Busy ones go when they next ask for a job.
    mutating func setTarget(_ target: Int) -> [Task<Void, Never>] {
        precondition(target >= 1, "a pool has at least one worker")
        self.target = target
        var idle: [Task<Void, Never>] = []
        for (number, worker) in workers where staying > target && worker.isIdle && !worker.isLeaving {
            workers[number]!.isLeaving = true
            if let task = worker.task { idle.append(task) }
        }
        return idle
    }

    mutating func begin() {
        precondition(phase == .notBegun, "a pool runs once")
        phase = .running
    }

    /// Numbers for workers that are missing.
    mutating func takeMissing() -> [Int] {
        guard !isAborted else { return [] }
        var numbers: [Int] = []
        while staying < target {
            nextNumber += 1
            workers[nextNumber] = Worker()
            numbers.append(nextNumber)
        }
        return numbers
    }

    /// `true`: it is to be cancelled, having been sent home before its task was known.
    mutating func register(_ task: Task<Void, Never>, _ number: Int) -> Bool {
        workers[number]?.task = task
        return workers[number].map { $0.isIdle && ($0.isLeaving || isAborted) } ?? false
    }

    /// A worker is about to wait for a job; `false`: it goes instead.
    mutating func wait(_ number: Int) -> Bool {
        guard !isAborted, var worker = workers[number], !worker.isLeaving else { return false }
        if staying > target {
            worker.isLeaving = true
            workers[number] = worker
            return false
        }
        workers[number]!.isIdle = true
        return true
    }

    /// A worker was given none; `true`: not because it is to go, so the queue is closed.
    mutating func takeNone(_ number: Int) -> Bool {
        guard !isAborted, let worker = workers[number], !worker.isLeaving else { return false }
        isClosed = true
        return true
    }

    /// A worker has a job; `false`: it is not to be begun, and is kept to be returned.
    mutating func take(_ job: PoolJob, _ number: Int) -> Bool {
        workers[number]?.isIdle = false
        if isAborted { left.append(job) }
        return !isAborted
    }

    /// `true`: the job is to be cancelled.
    mutating func begin(_ job: Task<Void, any Error>, _ number: Int) -> Bool {
        workers[number]?.job = job
        return isAborted
    }

    mutating func finish(_ number: Int, isFailure: Bool) {
        workers[number]?.job = nil
        completed += 1
        if isFailure { failed += 1 }
    }

    /// A worker has gone; `true`: another is missing.
    mutating func leave(_ number: Int) -> Bool {
        workers[number] = nil
        return !isClosed && !isAborted && staying < target
    }

    /// What to cancel.
    mutating func abort() -> (idle: [Task<Void, Never>], jobs: [Task<Void, any Error>]) {
        isAborted = true
        return (workers.values.filter(\.isIdle).compactMap(\.task), workers.values.compactMap(\.job))
    }

    mutating func takeLeft() -> [PoolJob] {
        defer { left = [] }
        return left
    }

    /// The last has gone: whom to wake.
    mutating func end() -> [UnsafeContinuation<Void, Never>] {
        phase = .ended
        defer { waiters = [] }
        return waiters
    }

    mutating func hasEnded(orWakes waiter: UnsafeContinuation<Void, Never>) -> Bool {
        guard phase == .running else { return true }
        waiters.append(waiter)
        return false
    }
}
