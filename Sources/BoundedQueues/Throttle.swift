public import ConcurrencySupport
internal import DequeModule

/// The delay of a push with the policy ``OverflowPolicy/throttle(from:to:longestDelay:)``.
@usableFromInline
struct Throttle: Sendable {
    @usableFromInline let nanoseconds: UInt64
    @usableFromInline let clock: any NanosecondClock

    /// Why a push ends before it was tried.
    @usableFromInline
    enum Interruption: Sendable { case late, cancelled }

    @usableFromInline
    init(_ policy: OverflowPolicy, depth: Int, capacity: Int, clock: any NanosecondClock) {
        nanoseconds = policy.delayNanoseconds(depth: depth, capacity: capacity)
        self.clock = clock
    }

    /// What a push to a queue in this state is delayed by: nothing once it is closed.
    @usableFromInline
    init<Element, Producer, Consumer>(
        _ policy: OverflowPolicy,
        _ state: borrowing QueueState<Element, Producer, Consumer>,
        clock: any NanosecondClock
    ) {
        nanoseconds =
            state.isClosed ? 0 : policy.delayNanoseconds(depth: state.depth, capacity: state.buffer.capacity)
        self.clock = clock
    }

    /// Sleeps as long as the policy says, but no longer than until `expiry`; `nil`: the push goes on.
    @usableFromInline
    func sleep(expiry: WaitExpiry?) async -> Interruption? {
        let deadline = clock.nanoseconds() &+ nanoseconds
        guard let expiry else {
            return (try? await clock.sleep(untilNanoseconds: deadline)) == nil ? .cancelled : nil
        }
        return await withTaskGroup(of: Interruption?.self) { group in
            group.addTask { (try? await clock.sleep(untilNanoseconds: deadline)) == nil ? .cancelled : nil }
            group.addTask { await expiry.sleep() ? .late : .cancelled }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    /// The same for a thread; `timeout` is in nanoseconds.
    @available(*, noasync)
    @usableFromInline
    func sleepBlocking(timeout: UInt64?) {
        let clock = SystemNanosecondClock()
        clock.sleepBlocking(untilNanoseconds: clock.nanoseconds() &+ min(nanoseconds, timeout ?? .max))
    }
}
