import BackpressureTesting
public import ConcurrencySupport
import Synchronization

/// Time as the harness sets it, read without a lock. One task or thread at a time moves it and asks.
public final class VirtualClock: NanosecondClock {
    private enum Source {
        case harness
        case leader(ManualClock)
        case machine
    }

    /// What it was set to.
    private let now = Atomic<UInt64>(0)
    private let source: Source

    init() { source = .harness }

    /// A clock that always reads what another one does, and on which one sleeps as on that.
    init(following leader: ManualClock) { source = .leader(leader) }

    private init(source: Source) { self.source = source }

    /// The machine's clock, which notes what it read on behalf of a caller: so it can be told from outside when a limiter
    /// decided.
    static func notingMachineTime() -> VirtualClock { VirtualClock(source: .machine) }

    /// Where the clock notes what it reads for the caller that asks; `nil`: it needn't.
    @TaskLocal static var readings: CallerReadings?

    /// What the clock was set to, or what the one reads that it follows.
    public func nanoseconds() -> UInt64 {
        switch source {
        case .harness: return now.load(ordering: .relaxed)
        case .leader(let leader): return leader.nanoseconds()
        case .machine:
            let reading = SystemNanosecondClock().nanoseconds()
            VirtualClock.readings?.note(reading)
            return reading
        }
    }

    func set(nanoseconds: UInt64) { now.store(nanoseconds, ordering: .relaxed) }

    /// Jumps to the deadline: whoever sleeps on virtual time doesn't wait.
    public func sleep(untilNanoseconds deadline: UInt64) async throws {
        switch source {
        case .leader(let leader): try await leader.sleep(untilNanoseconds: deadline)
        case .machine: try await SystemNanosecondClock().sleep(untilNanoseconds: deadline)
        case .harness:
            try Task.checkCancellation()
            now.store(max(deadline, nanoseconds()), ordering: .relaxed)
        }
    }
}

/// What a limiter's clock read last on behalf of one caller.
@usableFromInline
final class CallerReadings: Sendable {
    // Away from those of other callers: each is written at every decision.
    private let before = CacheLinePadding()
    private let latest = Atomic<UInt64>(0)
    private let after = CacheLinePadding()

    init() {}

    /// In nanoseconds; 0: it wasn't read yet.
    @usableFromInline var lastReading: UInt64 { latest.load(ordering: .relaxed) }

    // Relaxed: the caller itself reads it, after the call in which it was written.
    func note(_ reading: UInt64) { latest.store(reading, ordering: .relaxed) }
}
