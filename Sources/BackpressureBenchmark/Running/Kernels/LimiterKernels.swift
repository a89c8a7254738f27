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
    /// Requests are for 1 to so many permits, each made again until it is granted.
    @usableFromInline var largestRequest: UInt64 = 1
    /// When to ask, in nanoseconds from the start, in order, in place of all that; `nil`: as soon as the last answer came.
    @usableFromInline var schedule: Schedule?
    /// What the limiter's clock reads on behalf of this caller: the last of it is when the last request was decided. `nil`:
    /// that isn't known.
    @usableFromInline var readings: CallerReadings?

    /// When the request was decided that was made at `call` and has just returned; 0: not known, as the limiter didn't look
    /// at its clock since.
    @inlinable @inline(__always)
    func decided(calledAt call: UInt64) -> UInt64 {
        guard let reading = readings?.lastReading, reading >= call else { return 0 }
        return reading
    }

    /// The request after one of which this was drawn; a linear congruential generator does.
    @inlinable @inline(__always)
    func nextRequest(_ state: inout UInt64) -> Int {
        guard largestRequest > 1 else { return 1 }
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return 1 &+ Int((state >> 33) % largestRequest)
    }
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
        /// Of each request.
        @usableFromInline var permits: UInt32
        /// When a grant was decided; 0: between `first` and `last`.
        @usableFromInline var decided: UInt64

        @usableFromInline
        init(first: UInt64, last: UInt64, refusals: UInt64, permits: UInt32 = 1, decided: UInt64 = 0) {
            self.first = first
            self.last = last
            self.refusals = refusals
            self.permits = permits
            self.decided = decided
        }

        var isGrant: Bool { refusals == 0 }
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
    func granted(_ permits: Int = 1, before: UInt64, after: UInt64, decided: UInt64 = 0) {
        let permits = UInt32(truncatingIfNeeded: permits)
        append(Event(first: before, last: after, refusals: 0, permits: permits, decided: decided))
    }

    @inlinable @inline(__always)
    func refused(_ permits: Int = 1, at moment: UInt64) {
        let permits = UInt32(truncatingIfNeeded: permits)
        if count > 0, events[count &- 1].refusals > 0, events[count &- 1].permits == permits,
            moment &- events[count &- 1].last <= 2_000
        {
            events[count &- 1].last = moment
            events[count &- 1].refusals &+= 1
        } else {
            append(Event(first: moment, last: moment, refusals: 1, permits: permits))
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
    if let times = task.schedule?.times {
        for time in times {
            waitUntil(nanoseconds: start &+ time)
            let before = clock.nanoseconds()
            if limiter.tryAcquire(1).isGranted {
                log.granted(before: before, after: clock.nanoseconds(), decided: task.decided(calledAt: before))
            } else {
                log.refused(at: max(before, task.decided(calledAt: before)))
            }
        }
        return
    }
    var spellEnd = task.offNanoseconds == 0 ? end : start &+ task.onNanoseconds
    var state = start
    var permits = task.nextRequest(&state)
    while true {
        let before = clock.nanoseconds()
        if before >= spellEnd {
            if before >= end { return }
            waitUntil(nanoseconds: min(end, spellEnd &+ task.offNanoseconds))
            spellEnd = min(end, spellEnd &+ task.offNanoseconds &+ task.onNanoseconds)
            continue
        }
        if limiter.tryAcquire(permits).isGranted {
            log.granted(permits, before: before, after: clock.nanoseconds(), decided: task.decided(calledAt: before))
            permits = task.nextRequest(&state)
        } else {
            log.refused(permits, at: max(before, task.decided(calledAt: before)))
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
    if let times = task.schedule?.times {
        for time in times {
            await waitUntil(nanoseconds: start &+ time)
            let before = clock.nanoseconds()
            if await limiter.tryAcquire(1).isGranted {
                log.granted(before: before, after: clock.nanoseconds(), decided: task.decided(calledAt: before))
            } else {
                log.refused(at: max(before, task.decided(calledAt: before)))
            }
        }
        return
    }
    var spellEnd = task.offNanoseconds == 0 ? end : start &+ task.onNanoseconds
    var state = start
    var permits = task.nextRequest(&state)
    needsExecutor()
    while true {
        let before = clock.nanoseconds()
        if before >= spellEnd {
            if before >= end { return }
            await waitUntil(nanoseconds: min(end, spellEnd &+ task.offNanoseconds))
            needsExecutor()
            spellEnd = min(end, spellEnd &+ task.offNanoseconds &+ task.onNanoseconds)
            continue
        }
        if await limiter.tryAcquire(permits).isGranted {
            log.granted(permits, before: before, after: clock.nanoseconds(), decided: task.decided(calledAt: before))
            permits = task.nextRequest(&state)
        } else {
            log.refused(permits, at: max(before, task.decided(calledAt: before)))
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
    needsExecutor()
    for _ in 0..<times where await limiter.tryAcquire(1).isGranted { granted &+= 1 }
    return granted
}
