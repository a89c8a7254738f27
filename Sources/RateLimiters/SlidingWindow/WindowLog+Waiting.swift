public import DequeModule

/// Requests that wait. The mark of a place in the line is the time inside for which it is promised its permits.
extension WindowLog {
    /// Sees that the clock was set back. Whoever waits is as far from being due as before. O(1).
    public mutating func mend(_ line: inout Deque<PermitPlace>, atNanoseconds now: UInt64) {
        if !read(now) { noteSetBack(now) }
    }

    /// Grants a request now, or promises it permits for the earliest time that is left by those who came before.
    ///
    /// O(1) but for forgetting, and O(permits).
    public mutating func reserve(
        _ permits: UInt64,
        atNanoseconds now: UInt64,
        longestNanoseconds: UInt64
    ) -> Reservation {
        if !read(now) { noteSetBack(now) }
        guard permits <= shape.limit else { return .exceedsBurst }
        if lastPromise <= latest { forget(at: latest) }
        guard let time = earliest(permits) else { return .refused(waitNanoseconds: .max - latest) }
        if time == latest {
            append(permits, at: time)
            return .granted
        }
        guard time - latest <= longestNanoseconds else { return .refused(waitNanoseconds: time - latest) }
        promise(permits, at: time)
        return .waiting(PermitPlace(permits: permits, mark: Int128(time)))
    }

    /// When a place in the line is due. O(1).
    public func instant(of place: PermitPlace) -> UInt64 {
        // It can be long due when the clock is set back.
        max(place.time, setBack) - setBack
    }

    /// The first in the line goes; what it was promised is granted. O(1).
    public mutating func settle(_ place: PermitPlace) {
        settled = max(settled, place.time)
        // Its time has come, whoever has looked at the clock: the time inside never goes back behind it.
        latest = max(latest, place.time)
    }

    /// One in the line leaves it, and those behind it are promised the permits that they can now have earlier. Nobody's time
    /// becomes later by it, and the order stays. O(those behind).
    public mutating func cancel(at index: Int, in line: inout Deque<PermitPlace>, atNanoseconds now: UInt64) {
        // Its time has come all the same if the clock was set back before anyone looked.
        guard line[index].time > latest else {
            settle(line.remove(at: index))
            return
        }
        withdraw(line, from: index)
        line.remove(at: index)
        for later in index..<line.count {
            // With buckets, others can lie together in one now and so count for longer. The old times stay possible whatever
            // the runs say: in no window that ends at one of them is there more than there was.
            line[later].time = min(earliest(line[later].permits) ?? .max, line[later].time)
            promise(line[later].permits, at: line[later].time)
        }
    }

    /// Changes limit and window. What was granted stays remembered for as long as the new window says, if it still was by
    /// the old one. O(runs + those who wait).
    public mutating func update(
        limit: Int,
        window: Duration,
        _ line: inout Deque<PermitPlace>,
        atNanoseconds now: UInt64
    ) {
        let first = line.firstIndex { $0.time > latest } ?? line.count
        withdraw(line, from: first)
        shape = WindowShape(limit: limit, window: window, buckets: shape.buckets)
        counting = 0
        counted = runs.reduce(0) { $0 + $1.permits }
        forget(at: latest)
        for index in first..<line.count {
            line[index].time = earliest(line[index].permits) ?? .max
            promise(line[index].permits, at: line[index].time)
        }
    }

    private mutating func promise(_ permits: UInt64, at time: UInt64) {
        if lastPromise <= latest { settled = max(settled, runs.last?.last ?? 0) }
        lastPromise = time
        forget(at: time)
        append(permits, at: time)
    }

    /// Takes back all promises in the line from `index` on, so that the runs are as they were before them.
    private mutating func withdraw(_ line: Deque<PermitPlace>, from index: Int) {
        for last in (index..<line.count).reversed() {
            // What remains of a run that it shared with others ends with the grant before it.
            let before = last == 0 ? settled : max(settled, line[last - 1].time)
            let permits = line[last].permits
            counted -= permits
            var newest = runs.removeLast()
            newest.permits -= permits
            newest.last = before
            if newest.permits > 0 { runs.append(newest) }
            lastPromise = last == 0 ? 0 : line[last - 1].time
            // What had stopped counting by then counts again.
            while counting > 0, horizon - runs[counting - 1].last < shape.length {
                counting -= 1
                counted += runs[counting].permits
            }
        }
    }
}

extension PermitPlace {
    /// The mark as a window has it: the time inside.
    var time: UInt64 {
        get { UInt64(mark) }
        set { mark = Int128(newValue) }
    }
}
