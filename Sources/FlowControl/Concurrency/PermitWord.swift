/// What the word of a ``WordSemaphore`` holds: the limit in its upper 31 bits, how many permits are in use in its lower
/// 32, and between them whether somebody waits. All that a decision depends on is seen and changed at once.
@frozen
@usableFromInline
struct PermitWord {
    @usableFromInline var bits: UInt

    @inlinable @inline(__always)
    init(bits: UInt) { self.bits = bits }

    @inlinable @inline(__always)
    init(limit: Int) { bits = UInt(limit) << 33 }

    @inlinable @inline(__always)
    static var waitersBit: UInt { 1 << 32 }

    @inlinable @inline(__always)
    var inUse: Int { Int(bits & 0xFFFF_FFFF) }

    @inlinable @inline(__always)
    var limit: Int { Int(bits >> 33) }

    /// Negative after the limit was lowered below what is in use.
    @inlinable @inline(__always)
    var free: Int { limit &- inUse }

    @inlinable @inline(__always)
    var someoneWaits: Bool { bits & Self.waitersBit != 0 }

    /// Only if so many are free.
    @inlinable @inline(__always)
    func taking(_ weight: Int) -> PermitWord { PermitWord(bits: bits &+ UInt(bitPattern: weight)) }

    func with(limit: Int) -> PermitWord { PermitWord(bits: UInt(limit) << 33 | bits & (1 << 33 - 1)) }
}
