internal import ConcurrencySupport
public import DequeModule

/// What was granted within the last window, and what is promised to those who wait: what a sliding log and a sliding window
/// remember. See ``MutexSlidingLog`` and ``MutexSlidingWindow``.
///
/// Grants are remembered as *runs*, oldest first: the times of a run's first and last grant and the sum of their permits.
/// A run counts for as long as its last grant does, until that is a whole window old (windows are half open: (t, t + T]),
/// so what is counted is never less than what was granted, and no window ever holds more than the limit. A grant joins the
/// newest run while that is shorter than the resolution and has room for more permits.
///
/// - ``EveryGrant``: the resolution is a nanosecond, so that grants of one instant share a run and nothing is counted for
///   too long: exact. As many runs as there are permits.
/// - ``Buckets``: the resolution is the length of a bucket, and a permit may be counted for that much longer than it is in
///   the window. At most two runs a bucket and one more, whatever the limit.
///
/// A promise is a grant whose time is yet to come; nobody who asks later is granted anything before the last of them. Time
/// inside is what the clock has gone forwards: while the clock is set back it stands still.
///
/// Source: the log of a sliding window as everyone has it; the runs that only round up are our own.
public struct WindowLog<Precision: WindowPrecision>: WindowState {
    @usableFromInline var shape: WindowShape
    @usableFromInline var runs: Deque<GrantRun>
    /// The first run that counts at the horizon; those before it would count again if promises were withdrawn.
    @usableFromInline var counting = 0
    /// The permits of all runs that count at the horizon.
    @usableFromInline var counted: UInt64 = 0
    /// The time inside: no request was ever decided on at a later one.
    @usableFromInline var latest: UInt64 = 0
    /// How far time inside is ahead of a clock that was set back; never more than ``latest``.
    @usableFromInline var setBack: UInt64 = 0
    /// The time inside of the last promise, or of one long kept.
    @usableFromInline var lastPromise: UInt64 = 0
    /// The time of the newest grant before the first promise.
    var settled: UInt64 = 0

    /// Nothing granted yet.
    init(_ shape: WindowShape) {
        self.shape = shape
        runs = Deque(minimumCapacity: shape.largestRunCount)
    }

    /// The time at which the runs are counted: that of the last promise, or now if all have been kept.
    @inlinable
    var horizon: UInt64 { max(latest, lastPromise) }

    /// Grants the permits if no window comes to hold more than the limit by it, and nobody waits.
    ///
    /// O(1) but for forgetting what is too old, once for each run, and for a refusal O(permits).
    @inlinable @inline(__always)
    public mutating func tryAcquire(_ permits: UInt64, atNanoseconds now: UInt64) -> Acquisition? {
        if !read(now) {
            if lastPromise > latest { return nil }
            noteSetBack(now)
        }
        guard permits <= shape.limit else { return .exceedsBurst }
        if lastPromise <= latest {
            forget(at: latest)
            if counted &+ permits <= shape.limit {
                append(permits, at: latest)
                return .granted
            }
        }
        return .refused(retryAfter: Acquisition.Delay(nanoseconds: (earliest(permits) ?? .max) &- latest))
    }

    /// Lets time inside get on to what the clock reads now; `false`: the clock was set back, and nothing has changed.
    @inlinable @inline(__always)
    mutating func read(_ nanoseconds: UInt64) -> Bool {
        let (time, overflow) = nanoseconds.addingReportingOverflow(setBack)
        guard time >= latest, !overflow else { return false }
        latest = time
        return true
    }

    /// Time inside stands still, and goes on from now.
    @inlinable
    mutating func noteSetBack(_ nanoseconds: UInt64) {
        // If the sum overflows instead, after centuries, the clock isn't behind at all.
        setBack = latest > nanoseconds ? latest - nanoseconds : 0
        latest = max(latest, nanoseconds)
    }

    /// Stops counting what is a window old at `time`, which isn't before the newest run.
    @inlinable @inline(__always)
    mutating func forget(at time: UInt64) {
        guard counting != runs.count, time &- runs[counting].last >= shape.length else { return }
        forgetOldest(at: time)
    }

    @inlinable
    mutating func forgetOldest(at time: UInt64) {
        if time - runs[runs.count - 1].last >= shape.length {
            counting = runs.count
            counted = 0
        }
        while counting != runs.count, time - runs[counting].last >= shape.length {
            counted -= runs[counting].permits
            counting += 1
        }
        if time == latest {
            runs.removeFirst(counting)
            counting = 0
        }
    }

    /// Remembers a grant, at a time that isn't before the newest run and at which just the right runs are counted.
    @inlinable @inline(__always)
    mutating func append(_ permits: UInt64, at time: UInt64) {
        counted &+= permits
        if counting != runs.count {
            let newest = runs[runs.count &- 1]
            if time &- newest.first < shape.resolution, newest.permits < shape.portion {
                runs[runs.count &- 1] = GrantRun(first: newest.first, last: time, permits: newest.permits &+ permits)
                return
            }
        }
        appendRun(GrantRun(first: time, last: time, permits: permits))
    }

    @inlinable
    mutating func appendRun(_ run: GrantRun) {
        // What doesn't count now, nor ever will again, makes room; only with promises is there such a thing.
        while runs.count >= shape.largestRunCount, counting > 0, latest - runs[0].last >= shape.length {
            runs.removeFirst()
            counting -= 1
        }
        runs.append(run)
    }

    /// The time inside from which the permits could be had if nobody else came; `nil`: not within the numbers.
    ///
    /// More than the limit, as a request may hold that came when there was more, can be had when nothing else counts.
    @inlinable
    func earliest(_ permits: UInt64) -> UInt64? {
        let wanted = min(permits, shape.limit)
        if counted + wanted <= shape.limit { return horizon }
        var missing = counted + wanted - shape.limit
        var index = counting
        while runs[index].permits < missing {
            missing -= runs[index].permits
            index += 1
        }
        let (time, overflow) = runs[index].last.addingReportingOverflow(shape.length)
        return overflow ? nil : time
    }
}

/// Grants that are remembered as if all had been made when the last of them was.
@usableFromInline
struct GrantRun: BitwiseCopyable, Sendable {
    @usableFromInline var first: UInt64
    @usableFromInline var last: UInt64
    @usableFromInline var permits: UInt64

    @inlinable
    init(first: UInt64, last: UInt64, permits: UInt64) {
        self.first = first
        self.last = last
        self.permits = permits
    }
}
