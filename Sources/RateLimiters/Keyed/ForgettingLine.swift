/// Keys in the order of the times at which their buckets are full again, to within one slot of time.
///
/// A ring of slots (a calendar queue): each holds the keys whose buckets are full again within its stretch of time, as
/// a circular list through `links`. Since no debt is longer than a bucket takes to fill, the ring covers all of them. A
/// key isn't moved when its bucket is used; it is found out of date when its turn comes, and moves back then, to be
/// paid for by that use. So each request costs O(1) amortised, however many keys there are.
@usableFromInline
struct ForgettingLine: Sendable {
    @usableFromInline static var slotCount: Int { 256 }
    @usableFromInline static var none: UInt32 { .max }

    /// A slot is 2^shift units of time long.
    @usableFromInline let shift: UInt64
    /// The last of each slot's list, whose link leads to the first.
    @usableFromInline var slots = [UInt32](repeating: none, count: slotCount)
    /// The last of those whose slot has passed.
    @usableFromInline var passed: UInt32 = none
    /// The number, counted from the beginning of time, of the slot that is now.
    @usableFromInline var present: UInt64
    /// No slot before this one has a key.
    @usableFromInline var firstTaken: UInt64
    /// For each key the next one in its list.
    @usableFromInline var links: [UInt32] = []

    init(longestDebt: UInt64, now: UInt64) {
        var shift: UInt64 = 0
        while longestDebt >> shift > UInt64(Self.slotCount - 3) { shift += 1 }
        self.shift = shift
        present = now >> shift
        firstTaken = present
    }

    /// Lets the slots that lie before `now` pass. O(1) amortised over time; at most one round.
    @inlinable
    mutating func advance(to now: UInt64) {
        let target = now >> shift
        guard target > present else { return }
        let last = min(target, present &+ UInt64(Self.slotCount))
        for slot in max(present, firstTaken)..<max(last, max(present, firstTaken)) {
            let index = Self.index(slot)
            let tail = slots[index]
            guard tail != Self.none else { continue }
            if passed != Self.none { links.swapAt(Int(passed), Int(tail)) }
            passed = tail
            slots[index] = Self.none
        }
        present = target
        firstTaken = max(firstTaken, target)
    }

    /// Takes a key out whose bucket is full at `now`, which the line was advanced to; `nil`: there is none for sure in
    /// the slots that have passed.
    @inlinable
    mutating func takeFirst(fullAt now: UInt64, _ arrivals: [UInt64]) -> UInt32? {
        while passed != Self.none {
            let place = links[Int(passed)]
            passed = dropFirst(ofListTo: passed)
            if arrivals[Int(place)] <= now { return place }
            insert(place, arrivals)
        }
        return nil
    }

    /// When the first of the keys, all of them in slots that haven't passed, will be taken by ``takeFirst(fullAt:_:)``
    /// unless its bucket is used before. There must be a key.
    @inlinable
    mutating func firstFullTime(_ arrivals: [UInt64]) -> UInt64 {
        while true {
            let index = Self.index(firstTaken)
            guard slots[index] != Self.none else {
                firstTaken &+= 1
                continue
            }
            let first = links[Int(slots[index])]
            if slot(of: arrivals[Int(first)]) == firstTaken { return (firstTaken &+ 1) << shift }
            slots[index] = dropFirst(ofListTo: slots[index])
            insert(first, arrivals)
        }
    }

    /// Adds the next key that there has never been.
    @inlinable
    mutating func append(_ place: UInt32, _ arrivals: [UInt64]) {
        links.append(Self.none)
        insert(place, arrivals)
    }

    /// Adds a key that is in no list.
    @inlinable
    mutating func insert(_ place: UInt32, _ arrivals: [UInt64]) {
        let slot = slot(of: arrivals[Int(place)])
        let index = Self.index(slot)
        let tail = slots[index]
        if tail == Self.none {
            links[Int(place)] = place
        } else {
            links[Int(place)] = links[Int(tail)]
            links[Int(tail)] = place
        }
        slots[index] = place
        firstTaken = min(firstTaken, slot)
    }

    /// Takes the first out of a list that isn't empty.
    ///
    /// - Returns: the last of those that remain.
    @inlinable
    mutating func dropFirst(ofListTo last: UInt32) -> UInt32 {
        let first = links[Int(last)]
        guard first != last else { return Self.none }
        links[Int(last)] = links[Int(first)]
        return last
    }

    @inlinable
    func slot(of arrival: UInt64) -> UInt64 { max(arrival >> shift, present) }

    @inlinable
    static func index(_ slot: UInt64) -> Int { Int(truncatingIfNeeded: slot) & (slotCount &- 1) }
}
