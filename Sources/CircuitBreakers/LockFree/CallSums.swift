/// The sums of a window of calls in one word: from above 17 bits of the generation, 15 of calls, 16 each of failures and of
/// slow calls.
///
/// The latter two begin at 8 192, because they may be below 0 for moments: a result may be taken out by one caller before
/// the one who put it in has added it. 131 072 changes of state while one caller adds its result would go unnoticed.
@usableFromInline
struct CallSums: Sendable {
    @usableFromInline let word: UInt

    @inlinable static var bias: UInt { 8_192 }

    @inlinable @inline(__always)
    init(word: UInt) { self.word = word }

    /// The sums of nothing.
    init(generation: UInt) {
        word = generation << 47 | Self.bias << 16 | Self.bias
    }

    @inlinable @inline(__always)
    func isOf(_ generation: UInt) -> Bool { word >> 47 == generation & 0x1_FFFF }

    @inlinable @inline(__always) var calls: Int { Int(word >> 32 & 0x7FFF) }
    @inlinable @inline(__always) var failures: Int { Int(word >> 16 & 0xFFFF) &- Int(Self.bias) }
    @inlinable @inline(__always) var slow: Int { Int(word & 0xFFFF) &- Int(Self.bias) }

    /// What to add when `result` takes the place of what `slot` held.
    @inlinable @inline(__always)
    static func difference(to result: CallResult, from slot: UInt, generation: UInt) -> UInt {
        let isReplaced = slot >> 2 == generation
        let old = CallResult(bits: isReplaced ? UInt8(truncatingIfNeeded: slot & 3) : 0)
        let failures = UInt(bitPattern: result.failures &- old.failures)
        let slow = UInt(bitPattern: result.slow &- old.slow)
        return (isReplaced ? 0 : 1 << 32) &+ failures << 16 &+ slow
    }

    var counts: CircuitBreakerStatistics.WindowCounts {
        CircuitBreakerStatistics.WindowCounts(calls: calls, failures: max(0, failures), slow: max(0, slow))
    }
}
