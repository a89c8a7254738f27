internal import ConcurrencySupport

/// The keys of one shard, their debts, and the queue in which they wait to be forgotten.
///
/// A key's number is its place in `keys`, `arrivals` and `links`; the dictionary finds it. Arrays side by side rather
/// than one of triples: a decision touches nothing but the arrival time, and there is no padding.
@usableFromInline
struct KeyedTable<Key: Hashable & Sendable>: Sendable {
    private let leadingPadding = CacheLinePadding()
    @usableFromInline var terms: KeyedTerms
    /// The latest time that a decision was made at.
    @usableFromInline var latestNanoseconds: UInt64
    @usableFromInline let maximumKeys: Int
    @usableFromInline var places: [Key: UInt32] = [:]
    @usableFromInline var keys: [Key] = []
    @usableFromInline var arrivals: [UInt64] = []
    @usableFromInline var line: ForgettingLine
    /// For how many keys the arrays have room. They may have more, each some more of its own, and would double if
    /// appended to beyond that.
    @usableFromInline var room = 0
    @usableFromInline var counts = KeyedCounts()
    private let trailingPadding = CacheLinePadding()

    init(terms: KeyedTerms, maximumKeys: Int, nowNanoseconds: UInt64) {
        self.terms = terms
        self.maximumKeys = maximumKeys
        latestNanoseconds = nowNanoseconds
        line = ForgettingLine(longestDebt: terms.longestDebt, now: 0)
    }

    /// A dictionary's storage is a power of two of places, of which at most 3/4 are taken and, as it only grows when it
    /// must, at least 3/8; each takes a bit more than its key and value.
    static var largestBytesPerKey: Int {
        let place = MemoryLayout<Key>.stride + MemoryLayout<UInt32>.stride
        let own = MemoryLayout<Key>.stride + MemoryLayout<UInt64>.stride + MemoryLayout<UInt32>.stride
        return own + (place * 8 + 1 + 2) / 3
    }

    @inlinable
    mutating func tryAcquire(
        _ permits: UInt64,
        for key: Key,
        atNanoseconds reading: UInt64,
        overflow: KeyedShared?
    ) -> Acquisition {
        guard permits <= terms.algebra.burst else { return .exceedsBurst }
        if reading < latestNanoseconds || terms.areUsedUp(atNanoseconds: reading) { adjust(toNanoseconds: reading) }
        let now = max(reading, latestNanoseconds)
        latestNanoseconds = now
        let answer =
            if let place = places[key] {
                terms.algebra.tryAcquire(permits, nowNanoseconds: now, arrival: &arrivals[Int(place)])
            } else {
                admit(key, permits, atNanoseconds: now, overflow: overflow)
            }
        if answer.isGranted {
            counts.granted &+= 1
            return answer
        }
        counts.refused &+= 1
        // While a clock that was set back stands still here, waiting takes that much longer.
        guard now > reading, case .refused(let delay) = answer else { return answer }
        return .refused(retryAfter: .init(nanoseconds: delay.nanoseconds &+ (now &- reading)))
    }

    /// Answers a key that isn't remembered: its bucket is full, but for a debt it may have from a shared one.
    @inlinable
    mutating func admit(
        _ key: Key,
        _ permits: UInt64,
        atNanoseconds nanoseconds: UInt64,
        overflow: KeyedShared?
    ) -> Acquisition {
        let now = terms.algebra.units(atNanoseconds: nanoseconds)
        let arrival = overflow?.arrival(in: terms, atNanoseconds: nanoseconds) ?? 0
        switch terms.algebra.decide(arrival: arrival, now: now, permits: permits) {
        case .refuse(let wait):
            // Nothing is spent, so there is nothing to remember.
            counts.withoutRoom &+= 1
            return terms.algebra.refusal(waitUnits: wait)
        case .grant(let next):
            line.advance(to: now)
            if let place = line.takeFirst(fullAt: now, arrivals) {
                places[keys[Int(place)]] = nil
                counts.forgotten &+= 1
                keys[Int(place)] = key
                arrivals[Int(place)] = next
                places[key] = place
                line.insert(place, arrivals)
                return .granted
            }
            if keys.count < maximumKeys {
                let place = UInt32(keys.count)
                if keys.count == room { grow() }
                keys.append(key)
                arrivals.append(next)
                places[key] = place
                line.append(place, arrivals)
                return .granted
            }
            counts.withoutRoom &+= 1
            if let overflow { return overflow.tryAcquire(permits, atNanoseconds: nanoseconds) }
            return terms.algebra.refusal(waitUnits: line.firstFullTime(arrivals) - now)
        }
    }

    /// Makes room for twice as many keys, but no more than there may be.
    @usableFromInline
    mutating func grow() {
        room = min(maximumKeys, max(16, 2 * keys.count))
        keys.reserveCapacity(room)
        arrivals.reserveCapacity(room)
        line.links.reserveCapacity(room)
    }

    /// Deals with a clock that was set back, and with numbers that are used up. Rare.
    @usableFromInline
    mutating func adjust(toNanoseconds reading: UInt64) {
        if reading < latestNanoseconds {
            let refill = terms.algebra.nanoseconds(forUnits: terms.longestDebt)
            // Not far: time stands still until it catches up.
            if latestNanoseconds - reading <= refill { return }
        }
        convert(terms.restart(atNanoseconds: reading), atNanoseconds: reading)
    }

    mutating func update(rate: Rate, burst: Int, atNanoseconds reading: UInt64) {
        let now = max(reading, latestNanoseconds)
        convert(terms.update(rate: rate, burst: burst, atNanoseconds: now), atNanoseconds: now)
    }

    private mutating func convert(_ conversion: KeyedTerms.Conversion, atNanoseconds now: UInt64) {
        latestNanoseconds = now
        for place in arrivals.indices {
            arrivals[place] = conversion.convert(arrivals[place])
            terms.longestDebt = max(terms.longestDebt, conversion.debt(arrivals[place]))
        }
        line = ForgettingLine(longestDebt: terms.longestDebt, now: terms.algebra.units(atNanoseconds: now))
        line.links.reserveCapacity(room)
        for place in arrivals.indices { line.append(UInt32(place), arrivals) }
    }
}
