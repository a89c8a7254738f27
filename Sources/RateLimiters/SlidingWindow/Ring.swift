/// A double-ended line of plain values in one allocation, addressed by positions that keep their meaning: they count all
/// values that were ever appended, and so only grow.
///
/// Twice as large whenever it is full; nothing is allocated otherwise. O(1) each.
@usableFromInline
struct Ring<Element: BitwiseCopyable & Sendable>: Sendable {
    /// A power of two of them.
    @usableFromInline var slots: [Element]
    /// The position of the first value.
    @usableFromInline private(set) var start = 0
    /// One past the position of the last value.
    @usableFromInline private(set) var end = 0
    private let filler: Element

    /// An empty ring with room for at least `capacity` values; `filler` stands where there is none.
    init(capacity: Int, filler: Element) {
        var size = 1
        while size < capacity { size *= 2 }
        slots = Array(repeating: filler, count: size)
        self.filler = filler
    }

    @inlinable
    var isEmpty: Bool { start == end }

    @inlinable
    var isFull: Bool { end &- start == slots.count }

    @inlinable
    subscript(position: Int) -> Element {
        @inline(__always) get { slots[position & (slots.count &- 1)] }
        @inline(__always) set { slots[position & (slots.count &- 1)] = newValue }
    }

    /// Appends a value, into a ring twice as large if this one is full.
    @usableFromInline
    mutating func append(_ value: Element) {
        if isFull { grow() }
        end &+= 1
        self[end &- 1] = value
    }

    private mutating func grow() {
        var larger = Array(repeating: filler, count: 2 * slots.count)
        for position in start..<end { larger[position & (larger.count - 1)] = self[position] }
        slots = larger
    }

    /// Drops the values before `position`.
    @usableFromInline
    mutating func removeFirst(upTo position: Int) {
        start = position
    }

    mutating func removeLast() {
        end &-= 1
    }
}
