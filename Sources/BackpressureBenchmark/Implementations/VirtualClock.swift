import BackpressureTesting
public import ConcurrencySupport
import Synchronization

/// Time as the harness sets it, read without a lock. One task or thread at a time moves it and asks.
public final class VirtualClock: NanosecondClock {
    private let now = Atomic<UInt64>(0)
    /// Whose time it has; `nil`: its own.
    private let leader: ManualClock?

    init() { leader = nil }

    /// A clock that always reads what another one does, and on which one sleeps as on that.
    init(following leader: ManualClock) { self.leader = leader }

    /// What the clock was set to.
    public func nanoseconds() -> UInt64 { leader?.nanoseconds() ?? now.load(ordering: .relaxed) }

    func set(nanoseconds: UInt64) { now.store(nanoseconds, ordering: .relaxed) }

    /// Jumps to the deadline: whoever sleeps on virtual time doesn't wait.
    public func sleep(untilNanoseconds deadline: UInt64) async throws {
        if let leader { return try await leader.sleep(untilNanoseconds: deadline) }
        try Task.checkCancellation()
        now.store(max(deadline, nanoseconds()), ordering: .relaxed)
    }
}
