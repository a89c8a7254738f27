internal import CircuitBreakers

/// What a ``WatermarkController`` has taken from its queue and hasn't got rid of, and what is to be done next: a value that
/// decides, without lock, clock or continuation inside.
///
/// An element that was taken is in flight, held, delivered, dead-lettered or returned, and in one of these alone. No more than
/// the largest batch are in flight and held together, so that what is inside is bounded by the queue's capacity and that.
struct FlushState<Element: Sendable>: Sendable {
    /// An element outside the queue.
    struct Held: Sendable {
        var element: Element
        /// Where it stood in the order in which elements were taken.
        var number: UInt64
        /// How often its delivery has failed.
        var attempts = 0
        /// Not to be flushed before.
        var dueNanoseconds: UInt64 = 0
        /// Why it failed last.
        var reason: DeadLetterReason?
        /// It isn't to be flushed any more but to be dead-lettered.
        var isLetter = false
    }

    private(set) var pacing: FlushPacing
    private let retry: RetryBackoff
    /// Without a dead-letter sink nothing is ever given up.
    private let hasDeadLetters: Bool
    private var generator: BackoffGenerator
    /// Waiting to be flushed again or to be dead-lettered, in the order in which they were taken.
    private(set) var held: [Held] = []
    /// With the sink, or the dead-letter sink, now.
    private(set) var inFlight: [Held] = []
    private var nextNumber: UInt64 = 0
    private var notBefore: UInt64 = 0
    private var nextFlush: UInt64 = 0
    private var failuresInRow = 0
    private var lettersNotBefore: UInt64 = 0
    private var refusalsInRow = 0
    private(set) var counts = FlushCounts()

    init(pacing: FlushPacing, retry: RetryBackoff, hasDeadLetters: Bool) {
        self.pacing = pacing
        self.retry = retry
        self.hasDeadLetters = hasDeadLetters
        generator = BackoffGenerator(seed: retry.seed)
    }

    /// Elements taken from the queue and still inside.
    var inside: Int { held.count + inFlight.count }

    // MARK: What to do

    enum Decision: Equatable {
        /// Take the next letter to the dead-letter sink.
        case letter
        /// Take at most so many elements from the queue and flush them with those that are due again.
        case flush(taking: Int)
        /// Nothing, until the clock reads so much (`nil`: no matter what it reads) or so many elements are in the queue.
        case wait(untilNanoseconds: UInt64?, orDepth: Int)
    }

    /// - Parameters:
    ///   - depth: elements in the queue.
    ///   - isHurried: a batch needn't be full, nor an interval over: shutting down.
    func decide(now: UInt64, depth: Int, capacity: Int, isHurried: Bool) -> Decision {
        let letterDue = held.contains(where: \.isLetter) ? lettersNotBefore : nil
        if let letterDue, letterDue <= now { return .letter }
        let letter = letterDue ?? .max
        guard notBefore <= now else { return wait(until: min(notBefore, letter), orDepth: .max) }

        let again = held.filter { !$0.isLetter }
        let due = min(again.count { $0.dueNanoseconds <= now }, pacing.batchSize)
        let nextDue = again.map(\.dueNanoseconds).filter { $0 > now }.min() ?? .max
        let room = min(pacing.batchSize - due, pacing.batchBounds.upperBound - held.count)
        let available = min(depth, room)
        if due == 0, available <= 0 {
            return wait(until: min(nextDue, letter), orDepth: room > 0 ? 1 : .max)
        }
        let isFull = available >= room || depth >= capacity
        if due > 0 || isFull || isHurried || nextFlush <= now { return .flush(taking: max(room, 0)) }
        return wait(until: min(nextFlush, nextDue, letter), orDepth: min(room, capacity))
    }

    private func wait(until deadline: UInt64, orDepth depth: Int) -> Decision {
        .wait(untilNanoseconds: deadline == .max ? nil : deadline, orDepth: depth)
    }

    // MARK: Flushing

    /// Begins a flush of what is due again and these, just taken; returns its batch, oldest first. Empty: there is nothing.
    mutating func beginFlush(taken: [Element], now: UInt64) -> [Element] {
        precondition(inFlight.isEmpty, "one flush at a time")
        var batch: [Held] = []
        var rest: [Held] = []
        // Some may have fallen due since it was decided how many to take.
        let room = pacing.batchSize - taken.count
        for entry in held {
            let isDue = !entry.isLetter && entry.dueNanoseconds <= now && batch.count < room
            if isDue { batch.append(entry) } else { rest.append(entry) }
        }
        for element in taken {
            batch.append(Held(element: element, number: nextNumber))
            nextNumber += 1
        }
        held = rest
        inFlight = batch
        if !batch.isEmpty { counts.flushes += 1 }
        return batch.map(\.element)
    }

    /// The sink has answered.
    mutating func endFlush(_ result: FlushResult, latencyNanoseconds: UInt64, now: UInt64) {
        var failures: [Int: FlushResult.Failure] = [:]
        for failure in result.failures {
            precondition(
                inFlight.indices.contains(failure.index),
                "a flush of \(inFlight.count) elements failed at index \(failure.index)"
            )
            if failures[failure.index] == nil { failures[failure.index] = failure }
        }
        let isRetryable = failures.values.contains { !$0.isPermanent }
        if failures.count == inFlight.count, isRetryable {
            counts.failedFlushes += 1
            failuresInRow += 1
            notBefore = now &+ delay(after: failuresInRow)
        } else {
            if !failures.isEmpty { counts.partlyFailedFlushes += 1 }
            failuresInRow = 0
            pacing.record(latencyNanoseconds: latencyNanoseconds)
        }
        let batch = takeInFlight()
        counts.delivered += UInt64(batch.count - failures.count)
        hold(
            failures.map { index, failure in
                self.failed(batch[index], failure.error, isPermanent: failure.isPermanent, now: now)
            }
        )
        nextFlush = now &+ pacing.intervalNanoseconds
    }

    /// The sink has thrown: nothing was delivered.
    mutating func failFlush(_ error: any Error, now: UInt64) {
        counts.failedFlushes += 1
        let batch = takeInFlight()
        if let open = CircuitOpen(error) {
            notBefore = now &+ pause(open)
            hold(batch)
        } else {
            failuresInRow += 1
            notBefore = now &+ delay(after: failuresInRow)
            hold(batch.map { failed($0, error, isPermanent: false, now: now) })
        }
        nextFlush = notBefore
    }

    /// The flush was broken off by a cancellation: not an attempt. The elements may be flushed again at once.
    mutating func breakOffFlush() {
        counts.failedFlushes += 1
        hold(takeInFlight())
    }

    /// How long a breaker is to be left alone.
    private func pause(_ open: CircuitOpen) -> UInt64 {
        let asked = open.retryAfterNanoseconds ?? retry.longestNanoseconds
        // A breaker that says "at once" is full of probes.
        return max(asked > 0 ? asked : retry.firstNanoseconds, 1)
    }

    private mutating func failed(_ entry: Held, _ error: any Error, isPermanent: Bool, now: UInt64) -> Held {
        var entry = entry
        if let open = CircuitOpen(error) {
            // Refused unseen: not an attempt.
            entry.dueNanoseconds = max(notBefore, now &+ pause(open))
            return entry
        }
        entry.attempts += 1
        counts.failedAttempts += 1
        entry.reason = isPermanent ? .malformed(words(error)) : .failed(words(error))
        if hasDeadLetters, isPermanent || entry.attempts >= retry.attempts {
            entry.isLetter = true
        } else {
            // Nothing overtakes what has to wait for its destination anyway.
            entry.dueNanoseconds = max(notBefore, now &+ delay(after: entry.attempts))
        }
        return entry
    }

    private mutating func delay(after attempt: Int) -> UInt64 {
        retry.delayNanoseconds(afterAttempt: attempt, using: &generator)
    }

    // MARK: Dead letters

    /// The oldest letter, which is in flight from now on.
    mutating func beginLetter(now: UInt64) -> DeadLetter<Element>? {
        precondition(inFlight.isEmpty, "one flush at a time")
        guard let index = held.firstIndex(where: \.isLetter) else { return nil }
        let entry = held.remove(at: index)
        inFlight = [entry]
        return letter(entry, now: now)
    }

    /// Whether the dead-letter sink took it over. If not it stays, and so does what it takes up: the queue fills behind it.
    mutating func endLetter(isAccepted: Bool, now: UInt64) {
        let entries = takeInFlight()
        if isAccepted {
            counts.deadLettered += UInt64(entries.count)
            refusalsInRow = 0
        } else {
            refusalsInRow += 1
            counts.refusedLetters += 1
            lettersNotBefore = now &+ max(delay(after: refusalsInRow), 1)
            hold(entries)
        }
    }

    private func letter(_ entry: Held, now: UInt64) -> DeadLetter<Element> {
        DeadLetter(entry.element, reason: entry.reason ?? .shutDown, attempts: entry.attempts, nanoseconds: now)
    }

    // MARK: Giving back

    /// Takes out all that is held and adds these, just taken: they are the caller's from now on, oldest first.
    mutating func giveBack(taken: [Element], now: UInt64) -> [DeadLetter<Element>] {
        let entries = held + taken.map { Held(element: $0, number: 0) }
        held = []
        counts.returned += UInt64(entries.count)
        return entries.map { letter($0, now: now) }
    }

    /// Keeps an element that was taken, to be flushed as soon as possible.
    mutating func hold(taken element: Element) {
        hold([Held(element: element, number: nextNumber)])
        nextNumber += 1
    }

    private mutating func takeInFlight() -> [Held] {
        defer { inFlight = [] }
        return inFlight
    }

    private mutating func hold(_ entries: [Held]) {
        held.append(contentsOf: entries)
        held.sort { $0.number < $1.number }
    }
}

/// What a ``FlushState`` has counted.
struct FlushCounts: Sendable, Hashable {
    var delivered: UInt64 = 0
    var deadLettered: UInt64 = 0
    var returned: UInt64 = 0
    var flushes: UInt64 = 0
    var failedFlushes: UInt64 = 0
    var partlyFailedFlushes: UInt64 = 0
    var failedAttempts: UInt64 = 0
    var refusedLetters: UInt64 = 0
}
