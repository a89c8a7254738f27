public import ConcurrencySupport
import Synchronization

/// Time as the harness sets it, read without a lock. One task or thread at a time moves it and asks.
public final class VirtualClock: NanosecondClock {
    private let now = Atomic<UInt64>(0)

    init() {}

    /// What the clock was set to.
    public func nanoseconds() -> UInt64 { now.load(ordering: .relaxed) }

    func set(nanoseconds: UInt64) { now.store(nanoseconds, ordering: .relaxed) }

    /// Jumps to the deadline: whoever sleeps on virtual time doesn't wait.
    public func sleep(untilNanoseconds deadline: UInt64) async throws {
        try Task.checkCancellation()
        now.store(max(deadline, nanoseconds()), ordering: .relaxed)
    }
}
