public import ConcurrencySupport
public import FlowControl

// The hot loops around concurrency limits, generic and inlinable like those around queues.

/// Takes a permit, if there is one, and gives it back, again and again; returns how many were granted.
@inlinable
func tryPermits<Limit: SynchronousConcurrencyLimit>(of limit: Limit, times: Int) -> Int {
    var granted = 0
    for _ in 0..<times where limit.tryAcquire(1).isGranted {
        limit.release(1)
        granted &+= 1
    }
    return granted
}

@inlinable
func tryPermits<Limit: ConcurrencyLimit>(of limit: Limit, times: Int) async -> Int {
    var granted = 0
    needsExecutor()
    for _ in 0..<times where await limit.tryAcquire(1).isGranted {
        await limit.release(1)
        granted &+= 1
    }
    return granted
}

/// Waits for a permit, lets other threads run, and gives it back, again and again; returns how many were granted.
@inlinable
func waitForPermits<Limit: BlockingConcurrencyLimit>(of limit: Limit, times: Int) -> Int {
    var granted = 0
    for _ in 0..<times {
        guard (try? limit.acquireBlocking(1, timeout: nil)) != nil else { continue }
        Backoff.yieldThread()
        limit.release(1)
        granted &+= 1
    }
    return granted
}

@inlinable
func waitForPermits<Limit: ConcurrencyLimit>(of limit: Limit, times: Int) async -> Int {
    var granted = 0
    for _ in 0..<times {
        guard (try? await limit.acquire(1, timeout: nil)) != nil else { continue }
        await Task.yield()
        await limit.release(1)
        granted &+= 1
    }
    return granted
}
