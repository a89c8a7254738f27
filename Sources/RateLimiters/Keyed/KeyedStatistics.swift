/// What a keyed limiter has done since it was made, and how many keys it remembers.
///
/// Each shard is read at one instant, but they are read one after the other: sums are exact at rest.
public struct KeyedStatistics: Sendable, Hashable {
    /// Keys that are remembered now.
    public internal(set) var keys = 0
    /// Requests that were granted.
    public internal(set) var granted: UInt64 = 0
    /// Requests that were refused for want of permits or of room, without those for more permits than the burst.
    public internal(set) var refused: UInt64 = 0
    /// Keys that were forgotten, each when its bucket was full again. A key can be forgotten many times.
    public internal(set) var forgotten: UInt64 = 0
    /// Requests, granted or refused, of keys for which there was no room: answered by ``KeyedOverflowPolicy``.
    public internal(set) var withoutRoom: UInt64 = 0

    mutating func add(_ counts: KeyedCounts, keys: Int) {
        self.keys += keys
        granted += counts.granted
        refused += counts.refused
        forgotten += counts.forgotten
        withoutRoom += counts.withoutRoom
    }
}

/// One shard's part of ``KeyedStatistics``.
@usableFromInline
struct KeyedCounts: Sendable {
    @usableFromInline var granted: UInt64 = 0
    @usableFromInline var refused: UInt64 = 0
    @usableFromInline var forgotten: UInt64 = 0
    @usableFromInline var withoutRoom: UInt64 = 0
}
