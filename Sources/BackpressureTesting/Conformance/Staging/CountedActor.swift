internal import ConcurrencySupport
import Dispatch

/// An actor that counts the jobs it is given: a function that leaves it for another executor comes back as one more.
package actor CountedActor {
    private let executor = CountingExecutor()

    package init() {}

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Calls a function from the actor, and says how many jobs the actor was given meanwhile: 0 if the function neither
    /// left it nor waited.
    package func jobs(during body: @Sendable (isolated CountedActor) async -> Void) async -> Int {
        let before = executor.jobs.withLock { $0 }
        await body(self)
        return executor.jobs.withLock { $0 } - before
    }
}

private final class CountingExecutor: SerialExecutor {
    let jobs = Lock(0)
    private let queue = DispatchQueue(label: "counted actor")

    func enqueue(_ job: consuming ExecutorJob) {
        jobs.withLock { $0 += 1 }
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
