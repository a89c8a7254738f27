/// Requests that wait.
extension WindowLog {
    /// The answer to a request that is ready to wait.
    enum Answer: Equatable {
        /// The permits are the caller's at once.
        case granted
        /// The permits are the caller's once the clock reads `nanoseconds`; the time may change, see ``Change``.
        case promised(id: UInt64, nanoseconds: UInt64)
        /// The wait would be longer than was allowed; nothing is promised.
        case refused(waitNanoseconds: UInt64)
        /// More permits than the limit: no wait would help.
        case exceedsLimit
    }

    /// Another time for a promise that was made before: the clock's reading from which the permits are the caller's.
    struct Change: Equatable {
        var id: UInt64
        var nanoseconds: UInt64
    }

    /// Grants permits, or promises them for the earliest time that is left by those who came before.
    ///
    /// O(1) but for forgetting, and O(permits).
    mutating func reserve(_ permits: UInt64, nowNanoseconds: UInt64, longestNanoseconds: UInt64) -> Answer {
        let reading = read(nowNanoseconds)
        guard permits <= shape.limit else { return .exceedsLimit }
        settlePromises()
        if !hasPromises { forget(at: latest) }
        guard let time = earliest(permits) else { return .refused(waitNanoseconds: .max - reading) }
        if time == latest {
            append(permits, at: time)
            return .granted
        }
        guard time - reading <= longestNanoseconds else { return .refused(waitNanoseconds: time - reading) }
        lastID += 1
        promise(Promise(id: lastID, time: time, permits: permits))
        return .promised(id: lastID, nanoseconds: time - setBack)
    }

    /// Takes a promise back, and promises those behind it the permits that they can now have earlier.
    ///
    /// Nobody's time becomes later by it, and the order stays. O(promises behind it).
    ///
    /// - Returns: the new times of those behind; `nil` if there is no such promise, or its time has come.
    mutating func cancel(id: UInt64, nowNanoseconds: UInt64) -> [Change]? {
        _ = read(nowNanoseconds)
        settlePromises()
        var position = promises.end
        repeat {
            if position == promises.start { return nil }
            position -= 1
        } while promises[position].id != id
        let behind = withdraw(downTo: position).dropFirst()
        // With runs, others can lie together in them now, and so count for longer. The old times stay possible whatever
        // the runs say: in no window that ends at one of them is there more than there was.
        return behind.map { promiseAgain($0, noLaterThan: $0.time) }
    }

    /// Changes limit and window. What was granted stays remembered for as long as the new window says, if it still was by
    /// the old one; everyone who waits is promised a new time. O(runs + promises).
    mutating func update(_ newShape: WindowShape, nowNanoseconds: UInt64) -> [Change] {
        _ = read(nowNanoseconds)
        settlePromises()
        let waiting = withdraw(downTo: promises.start)
        shape = newShape
        counting = runs.start
        counted = 0
        for position in runs.start..<runs.end { counted += runs[position].permits }
        forget(at: latest)
        return waiting.map { promiseAgain($0, noLaterThan: .max) }
    }

    /// Makes grants of promises whose time has come.
    @usableFromInline
    mutating func settlePromises() {
        while hasPromises, promises[promises.start].time <= latest {
            settled = promises[promises.start].time
            promises.removeFirst(upTo: promises.start + 1)
            hasPromises = !promises.isEmpty
        }
    }

    private mutating func promise(_ promise: Promise) {
        if !hasPromises, counting != runs.end { settled = runs[runs.end - 1].last }
        hasPromises = true
        forget(at: promise.time)
        append(promise.permits, at: promise.time)
        promises.append(promise)
    }

    private mutating func promiseAgain(_ old: Promise, noLaterThan longest: UInt64) -> Change {
        let time = min(earliest(old.permits) ?? .max, longest)
        promise(Promise(id: old.id, time: time, permits: old.permits))
        return Change(id: old.id, nanoseconds: time - setBack)
    }

    /// Takes back the promises from `position` on, so that the runs are as they were before them.
    private mutating func withdraw(downTo position: Int) -> [Promise] {
        let withdrawn = (position..<promises.end).map { promises[$0] }
        for promise in withdrawn.reversed() {
            promises.removeLast()
            hasPromises = !promises.isEmpty
            let before = hasPromises ? promises[promises.end - 1].time : settled
            var newest = runs[runs.end - 1]
            counted -= promise.permits
            newest.permits -= promise.permits
            newest.last = before
            if newest.permits == 0 { runs.removeLast() } else { runs[runs.end - 1] = newest }
            // What had stopped counting by then counts again.
            let horizon = hasPromises ? before : latest
            while counting != runs.start, horizon - runs[counting - 1].last < shape.length {
                counting -= 1
                counted += runs[counting].permits
            }
        }
        return withdrawn
    }
}

extension WindowLog {
    mutating func reservation(_ permits: UInt64, _ nowNanoseconds: UInt64, longest: UInt64) -> Reservation {
        switch reserve(permits, nowNanoseconds: nowNanoseconds, longestNanoseconds: longest) {
        case .granted: .granted(atNanoseconds: nowNanoseconds, arrival: 0)
        case .promised(let id, let nanoseconds): .granted(atNanoseconds: nanoseconds, arrival: id)
        case .refused(let wait): .refused(waitNanoseconds: wait)
        case .exceedsLimit: .exceedsBurst
        }
    }
}
