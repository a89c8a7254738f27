/// What can go through a foreign queue: something that fits its 8 bytes, as a number or as a pointer.
protocol ForeignElement: BenchmarkElement {
    /// The 8 bytes for an element. What they refer to stays alive until ``take(_:)`` or ``giveBack(_:)``.
    static func word(for element: Self) -> UInt64

    /// The element that came out of the queue; its 8 bytes mean nothing any more.
    static func take(_ word: UInt64) -> Self

    /// Undoes ``word(for:)`` for an element that the queue did not take.
    static func giveBack(_ word: UInt64)
}

extension UInt64: ForeignElement {
    @inline(__always)
    static func word(for element: UInt64) -> UInt64 { element }

    @inline(__always)
    static func take(_ word: UInt64) -> UInt64 { word }

    @inline(__always)
    static func giveBack(_ word: UInt64) {}
}

/// Goes through as a pointer, as it would in a program in C: the queue holds a reference.
///
/// A queue that duplicates or invents elements makes the process release what isn't its own, and crash; it is a process
/// of its own for that.
extension Payload: ForeignElement {
    @inline(__always)
    static func word(for element: Payload) -> UInt64 {
        UInt64(UInt(bitPattern: Unmanaged.passRetained(element).toOpaque()))
    }

    @inline(__always)
    static func take(_ word: UInt64) -> Payload { reference(word).takeRetainedValue() }

    @inline(__always)
    static func giveBack(_ word: UInt64) { reference(word).release() }

    @inline(__always)
    private static func reference(_ word: UInt64) -> Unmanaged<Payload> {
        guard let pointer = UnsafeRawPointer(bitPattern: UInt(word)) else {
            fatalError("the queue gave out NULL, which nobody pushed")
        }
        return .fromOpaque(pointer)
    }
}
