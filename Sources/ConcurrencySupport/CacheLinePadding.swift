/// 128 bytes of nothing: keeps what stands before and after it off each other's cache lines (two lines, because
/// processors fetch them in pairs).
@frozen
public struct CacheLinePadding: Sendable {
    @usableFromInline
    let bytes: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
    @usableFromInline
    let moreBytes: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)

    /// Padding.
    @inlinable
    public init() {}
}
