public import ConcurrencySupport
public import RateLimiters
public import Synchronization

// Loops around rate limiters that wait on the real clock, or decide on a virtual one; generic and inlinable like the
// others.

/// Waits for one permit after the other; the log has when each was asked for and when the caller ran.
@inlinable
func waitForPermits<Limiter: RateLimiter>(from limiter: Limiter, _ task: CallerTask) async {
    let clock = SystemNanosecondClock()
    await task.control.waitForStart()
    let end = task.control.startNanoseconds.load(ordering: .relaxed) &+ task.durationNanoseconds
    while true {
        let before = clock.nanoseconds()
        if before >= end { return }
        do {
            try await limiter.acquire(1, timeout: nil)
            task.log.granted(before: before, after: clock.nanoseconds())
        } catch {
            task.log.refused(at: before)
            await Task.yield()
        }
    }
}

/// Decides request after request beside the exact limiter.
@inlinable
func decide<Limiter: SynchronousRateLimiter>(_ limiter: Limiter, beside run: DecisionRun) {
    while run.next() { run.note(granted: limiter.tryAcquire(run.permits).isGranted) }
}

@inlinable
func decide<Limiter: RateLimiter>(_ limiter: Limiter, beside run: DecisionRun) async {
    while run.next() { run.note(granted: await limiter.tryAcquire(run.permits).isGranted) }
}

/// One of several callers who ask in rounds.
@inlinable
func decide<Limiter: SynchronousRateLimiter>(_ limiter: Limiter, at table: RoundTable) {
    var granted = 0
    while true {
        let round = table.arrive(granted: granted)
        var backoff = Backoff()
        while !table.hasBegun(round) { backoff.pause() }
        if table.hasEnded { return }
        granted = acquire(from: limiter, times: table.requests)
    }
}

@inlinable
func decide<Limiter: RateLimiter>(_ limiter: Limiter, at table: RoundTable) async {
    var granted = 0
    while true {
        let round = table.arrive(granted: granted)
        while !table.hasBegun(round) { await Task.yield() }
        if table.hasEnded { return }
        granted = await acquire(from: limiter, times: table.requests)
    }
}
