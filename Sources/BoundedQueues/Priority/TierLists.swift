/// Elements in four lists that share one allocation of `capacity` places: any tier may use all of them.
@usableFromInline
struct TierLists<Element>: ~Copyable {
    @usableFromInline let elements: UnsafeMutablePointer<Element>
    /// The place that follows in the same list, or in the list of free places; -1: none.
    @usableFromInline let links: UnsafeMutablePointer<Int>
    @usableFromInline let capacity: Int
    @usableFromInline var free = 0
    @usableFromInline var heads = PerTier { _ in -1 }
    @usableFromInline var tails = PerTier { _ in -1 }
    @usableFromInline var counts = PerTier { _ in 0 }
    @usableFromInline var count = 0

    @usableFromInline
    init(capacity: Int) {
        precondition(capacity > 0, "a bounded queue must hold at least one element; capacity was \(capacity)")
        self.capacity = capacity
        elements = .allocate(capacity: capacity)
        links = .allocate(capacity: capacity)
        for place in 0..<capacity { links[place] = place + 1 < capacity ? place + 1 : -1 }
    }

    @inlinable
    deinit {
        for tier in PriorityTier.allCases {
            var place = heads[tier]
            while place >= 0 {
                (elements + place).deinitialize(count: 1)
                place = links[place]
            }
        }
        elements.deallocate()
        links.deallocate()
    }

    @inlinable var isFull: Bool { count == capacity }

    /// Puts an element behind the others of its tier; there must be room.
    @inlinable
    mutating func append(_ element: consuming Element, to tier: PriorityTier) {
        let place = free
        free = links[place]
        (elements + place).initialize(to: element)
        links[place] = -1
        let last = tails[tier]
        if last < 0 { heads.update(tier) { $0 = place } } else { links[last] = place }
        tails.update(tier) { $0 = place }
        counts.update(tier) { $0 &+= 1 }
        count &+= 1
    }

    /// Takes the oldest element of a tier, which must have one.
    @inlinable
    mutating func removeFirst(of tier: PriorityTier) -> Element {
        let place = heads[tier]
        let next = links[place]
        heads.update(tier) { $0 = next }
        if next < 0 { tails.update(tier) { $0 = -1 } }
        links[place] = free
        free = place
        counts.update(tier) { $0 &-= 1 }
        count &-= 1
        return (elements + place).move()
    }
}
