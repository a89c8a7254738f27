internal import ConcurrencySupport

/// What was granted within the last window, and what is promised: the whole state of a sliding log and a sliding window,
/// without a lock, a clock or tasks.
///
/// Grants are remembered as *runs*, oldest first: the times of a run's first and last grant and the sum of their permits.
/// A run counts for as long as its last grant does, until that is a whole window old (windows are half open: (t, t + T]),
/// so what is counted is never less than what was granted, and no window ever holds more than the limit. A grant joins the
/// newest run while that is shorter than the resolution and has room for more permits.
///
/// - Log: the resolution is a nanosecond, so that grants of one instant share a run and nothing is counted for too long:
///   exact. As many runs as there are permits.
/// - Window: the resolution is the length of a bucket. A permit may be counted for a bucket's length longer than it is in
///   the window. At most two runs a bucket and one more, whatever the limit.
///
/// Requests that wait are promised the time at which they pass, in order: promises are grants whose time is yet to come,
/// and nobody who comes later is granted anything before the last of them.
///
/// Time never runs backwards here. If the clock is behind the latest reading by a window or less, time stands still until it
/// has caught up; if it is further behind, it was set: time goes on from where it was, with what the clock gains from there
/// on, until the clock is past that place by itself.
///
/// Source: the sliding-window log as everyone has it; the runs that only round up are our own.
@usableFromInline
struct WindowLog: Sendable {
    @usableFromInline
    struct Run: BitwiseCopyable, Sendable {
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

    /// Permits that are promised for a time to come.
    struct Promise: BitwiseCopyable, Sendable, Equatable {
        var id: UInt64
        /// In time as it is inside.
        var time: UInt64
        var permits: UInt64
    }

    @usableFromInline var shape: WindowShape
    @usableFromInline var runs: Ring<Run>
    /// The position of the first run that counts at the horizon: now, or the time of the last promise.
    @usableFromInline var counting = 0
    /// The permits of all runs that count at the horizon.
    @usableFromInline var counted: UInt64 = 0
    /// The time inside: no request was ever decided on at a later one.
    @usableFromInline var latest: UInt64 = 0
    /// How far time inside is ahead of a clock that was set back; never more than ``latest``.
    @usableFromInline var setBack: UInt64 = 0
    /// Whether anyone is promised anything.
    @usableFromInline var hasPromises = false
    /// In the order of their times.
    var promises: Ring<Promise>
    /// The time of the newest grant that is no longer a promise.
    var settled: UInt64 = 0
    var lastID: UInt64 = 0

    /// An empty log: the whole limit can be granted.
    init(_ shape: WindowShape) {
        self.shape = shape
        runs = Ring(capacity: shape.largestRunCount, filler: Run(first: 0, last: 0, permits: 0))
        promises = Ring(capacity: 1, filler: Promise(id: 0, time: 0, permits: 0))
    }

    /// Grants the permits if no window comes to hold more than the limit by it, and nobody waits.
    ///
    /// O(1) but for forgetting what is too old, once for each run, and for a refusal O(permits).
    @inlinable
    mutating func tryAcquire(_ permits: UInt64, nowNanoseconds: UInt64) -> Acquisition {
        let reading = read(nowNanoseconds)
        guard permits <= shape.limit else { return .exceedsBurst }
        if hasPromises { settlePromises() }
        if !hasPromises {
            forget(at: latest)
            if counted &+ permits <= shape.limit {
                append(permits, at: latest)
                return .granted
            }
        }
        return .refused(retryAfter: Acquisition.Delay(nanoseconds: (earliest(permits) ?? .max) &- reading))
    }

    /// Takes note of what the clock reads.
    ///
    /// - Returns: what it would read if it had never been set back; at most ``latest``.
    @inlinable @inline(__always)
    mutating func read(_ nanoseconds: UInt64) -> UInt64 {
        guard nanoseconds >= latest else { return readEarlier(nanoseconds) }
        latest = nanoseconds
        setBack = 0
        return nanoseconds
    }

    @usableFromInline
    mutating func readEarlier(_ nanoseconds: UInt64) -> UInt64 {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(setBack)
        let reading = overflow ? .max : sum
        if reading >= latest {
            latest = reading
        } else if latest - reading > shape.length {
            setBack = latest - nanoseconds
            return latest
        }
        return reading
    }

    /// Stops counting what is a window old at `time`, which isn't before the newest run.
    @inlinable @inline(__always)
    mutating func forget(at time: UInt64) {
        guard counting != runs.end, time &- runs[counting].last >= shape.length else { return }
        forgetOldest(at: time)
    }

    @usableFromInline
    mutating func forgetOldest(at time: UInt64) {
        if time - runs[runs.end - 1].last >= shape.length {
            counting = runs.end
            counted = 0
        }
        while counting != runs.end, time - runs[counting].last >= shape.length {
            counted -= runs[counting].permits
            counting += 1
        }
        if !hasPromises { runs.removeFirst(upTo: counting) }
    }

    /// Remembers a grant, at a time that isn't before the newest run and at which just the right runs are counted.
    @inlinable @inline(__always)
    mutating func append(_ permits: UInt64, at time: UInt64) {
        counted &+= permits
        if counting != runs.end {
            let newest = runs[runs.end &- 1]
            if time &- newest.first < shape.resolution, newest.permits < shape.portion {
                runs[runs.end &- 1] = Run(first: newest.first, last: time, permits: newest.permits &+ permits)
                return
            }
        }
        appendRun(Run(first: time, last: time, permits: permits))
    }

    @usableFromInline
    mutating func appendRun(_ run: Run) {
        if runs.isFull {
            // With promises, runs that no longer count at the horizon are kept in case one is withdrawn; those that don't
            // even count now are of no use.
            var position = runs.start
            while position != counting, latest - runs[position].last >= shape.length { position += 1 }
            runs.removeFirst(upTo: position)
        }
        runs.append(run)
    }

    /// The time, in time as it is inside, from which the permits could be had if nobody else came; `nil`: not within the
    /// numbers.
    ///
    /// More than the limit, as a request may hold that came when there was more, can be had when nothing else counts.
    @usableFromInline
    func earliest(_ permits: UInt64) -> UInt64? {
        let wanted = min(permits, shape.limit)
        if counted + wanted <= shape.limit { return hasPromises ? promises[promises.end - 1].time : latest }
        var missing = counted + wanted - shape.limit
        var position = counting
        while runs[position].permits < missing {
            missing -= runs[position].permits
            position += 1
        }
        let (time, overflow) = runs[position].last.addingReportingOverflow(shape.length)
        return overflow ? nil : time
    }
}
