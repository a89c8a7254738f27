public import ConcurrencySupport

/// Whoever waits for permits: a suspended task or a parked thread.
@usableFromInline
enum PermitSleeper<Semaphore: ParkingSemaphore>: Sendable {
    case task(UnsafeContinuation<PermitWaitEnd, Never>)
    case thread(ParkedRequest<Semaphore>)

    func wake(_ end: PermitWaitEnd) {
        switch self {
        case .task(let continuation): continuation.resume(returning: end)
        case .thread(let request): request.wake(end)
        }
    }
}

/// A thread that waits for permits.
@usableFromInline
final class ParkedRequest<Semaphore: ParkingSemaphore>: @unchecked Sendable {
    // Sendable: the end is written once, before the semaphore is signalled, and read after it was waited for.
    private var end = PermitWaitEnd.timedOut
    private let semaphore = Semaphore()

    func wake(_ end: PermitWaitEnd) {
        self.end = end
        semaphore.signal()
    }

    func wait() -> PermitWaitEnd {
        semaphore.wait()
        return end
    }

    /// `nil`: nobody has woken it in that time.
    func wait(nanoseconds: Int) -> PermitWaitEnd? {
        semaphore.wait(nanoseconds: nanoseconds) ? end : nil
    }
}

extension PermitLine.Wakes {
    /// Wakes them all; once, and outside all locks.
    @inlinable @inline(__always)
    consuming func callAsFunction<Semaphore>() where Sleeper == PermitSleeper<Semaphore> {
        if !all.isEmpty { wakeAll() }
    }

    @usableFromInline
    func wakeAll<Semaphore>() where Sleeper == PermitSleeper<Semaphore> {
        for (sleeper, end) in all { sleeper.wake(end) }
    }
}
