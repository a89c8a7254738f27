public import ConcurrencySupport
public import RateLimiters
public import Synchronization

// The hot loops around rate limiters, generic and inlinable like those around queues.

/// A caller's orders.
public struct CallerTask: Sendable {
    @usableFromInline let control: RunControl
    @usableFromInline let log: CallerLog
    @usableFromInline let durationNanoseconds: UInt64
    /// Demand comes in spells of so long…
    @usableFromInline let onNanoseconds: UInt64
    /// …with so long a rest between them; 0: always.
    @usableFromInline let offNanoseconds: UInt64
}

/// When a caller's requests were made and what came of them, in memory allocated beforehand.
///
/// Each grant is kept with the times before and after its call. Refusals in a row are kept as one span, as long as no
/// two are further apart than ``longestGapNanoseconds``: so the oracle can be asked at the same instants.
@usableFromInline
final class CallerLog: @unchecked Sendable {  // only its caller touches it until that has finished
    @usableFromInline
    struct Event {
        @usableFromInline var first: UInt64
        @usableFromInline var last: UInt64
        /// 0: a grant, called at `first`, returned at `last`. Else so many refusals from `first` to `last`.
        @usableFromInline var refusals: UInt64

        @usableFromInline
        init(first: UInt64, last: UInt64, refusals: UInt64) {
            self.first = first
            self.last = last
            self.refusals = refusals
        }
    }

    @usableFromInline let events: UnsafeMutableBufferPointer<Event>
    @usableFromInline var count = 0
    /// Events that found no room: the measurement is void if there are any.
    @usableFromInline var overflow = 0

    static let longestGapNanoseconds: UInt64 = 2_000

    init(capacity: Int) {
        events = .allocate(capacity: capacity)
        events.initialize(repeating: Event(first: 0, last: 0, refusals: 0))
    }

    deinit {
        events.deallocate()
    }

    @inlinable @inline(__always)
    func granted(before: UInt64, after: UInt64) {
        append(Event(first: before, last: after, refusals: 0))
    }

    @inlinable @inline(__always)
    func refused(at moment: UInt64) {
        if count > 0, events[count &- 1].refusals > 0, moment &- events[count &- 1].last <= 2_000 {
            events[count &- 1].last = moment
            events[count &- 1].refusals &+= 1
        } else {
            append(Event(first: moment, last: moment, refusals: 1))
        }
    }

    @inlinable @inline(__always)
    func append(_ event: Event) {
        guard count < events.count else {
            overflow &+= 1
            return
        }
        events[count] = event
        count &+= 1
    }
}

@inlinable
func call<Limiter: SynchronousRateLimiter>(_ limiter: Limiter, _ task: CallerTask) {
    let clock = SystemNanosecondClock()
    task.control.waitForStart()
    let start = task.control.startNanoseconds.load(ordering: .relaxed)
    let end = start &+ task.durationNanoseconds
    let log = task.log
    var spellEnd = task.offNanoseconds == 0 ? end : start &+ task.onNanoseconds
    while true {
        let before = clock.nanoseconds()
        if before >= spellEnd {
            if before >= end { return }
            waitUntil(nanoseconds: min(end, spellEnd &+ task.offNanoseconds))
            spellEnd = min(end, spellEnd &+ task.offNanoseconds &+ task.onNanoseconds)
            continue
        }
        if limiter.tryAcquire(1).isGranted {
            log.granted(before: before, after: clock.nanoseconds())
        } else {
            log.refused(at: before)
        }
    }
}

@inlinable
func call<Limiter: RateLimiter>(_ limiter: Limiter, _ task: CallerTask) async {
    let clock = SystemNanosecondClock()
    await task.control.waitForStart()
    let start = task.control.startNanoseconds.load(ordering: .relaxed)
    let end = start &+ task.durationNanoseconds
    let log = task.log
    var spellEnd = task.offNanoseconds == 0 ? end : start &+ task.onNanoseconds
    while true {
        let before = clock.nanoseconds()
        if before >= spellEnd {
            if before >= end { return }
            await waitUntil(nanoseconds: min(end, spellEnd &+ task.offNanoseconds))
            spellEnd = min(end, spellEnd &+ task.offNanoseconds &+ task.onNanoseconds)
            continue
        }
        if await limiter.tryAcquire(1).isGranted {
            log.granted(before: before, after: clock.nanoseconds())
        } else {
            log.refused(at: before)
        }
    }
}

@inlinable
func acquire<Limiter: SynchronousRateLimiter>(from limiter: Limiter, times: Int) -> Int {
    var granted = 0
    for _ in 0..<times where limiter.tryAcquire(1).isGranted { granted &+= 1 }
    return granted
}

@inlinable
func acquire<Limiter: RateLimiter>(from limiter: Limiter, times: Int) async -> Int {
    var granted = 0
    for _ in 0..<times where await limiter.tryAcquire(1).isGranted { granted &+= 1 }
    return granted
}
