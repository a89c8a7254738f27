internal import ConcurrencySupport

/// Runs tasks on whatever thread steps it, one job at a time, and knows when none is ready: the way to see that a task
/// waits, without sleeping, and that one waits for ever.
///
/// For tasks started with it as their executor preference, and for the default actors they call.
final class StepExecutor: TaskExecutor {
    private let ready = Lock<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        ready.withLock { $0.append(job) }
    }

    /// Runs one job that is ready, until it suspends; `false` if none is.
    ///
    /// - Parameter choose: given how many are ready, in the order in which they became so, says which one runs.
    func step(choosing choose: (_ count: Int) -> Int = { _ in 0 }) -> Bool {
        let job = ready.withLock { $0.isEmpty ? nil : $0.remove(at: choose($0.count)) }
        guard let job else { return false }
        job.runSynchronously(on: asUnownedTaskExecutor())
        return true
    }
}
