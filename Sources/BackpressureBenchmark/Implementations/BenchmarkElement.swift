/// What the harness sends through a queue: something that carries a number, so that loss, duplication and order can be
/// checked and latency can be looked up.
public protocol BenchmarkElement: Sendable {
    /// An element with this number that takes `byteCount` bytes.
    static func make(number: UInt64, byteCount: Int) -> Self

    /// The number it was made with.
    var number: UInt64 { get }
}

extension UInt64: BenchmarkElement {
    /// The number itself, whatever `byteCount` says.
    @inlinable @inline(__always)
    public static func make(number: UInt64, byteCount: Int) -> UInt64 { number }

    /// The number itself.
    @inlinable @inline(__always)
    public var number: UInt64 { self }
}

/// A heap buffer of a given size with a number at its start: what most services queue.
public final class Payload: BenchmarkElement {
    // Written once, before the payload is shared.
    nonisolated(unsafe) private let bytes: UnsafeMutableRawPointer

    private init(number: UInt64, byteCount: Int) {
        let size = max(byteCount, MemoryLayout<UInt64>.size)
        bytes = .allocate(byteCount: size, alignment: 16)
        // Touch all of it, so that it counts as resident.
        bytes.initializeMemory(as: UInt8.self, repeating: 0xA5, count: size)
        bytes.storeBytes(of: number, as: UInt64.self)
    }

    deinit {
        bytes.deallocate()
    }

    /// A buffer of `byteCount` bytes, at least 8, all of them written to.
    public static func make(number: UInt64, byteCount: Int) -> Payload {
        Payload(number: number, byteCount: byteCount)
    }

    /// The number at the start of the buffer.
    public var number: UInt64 { bytes.load(as: UInt64.self) }
}
