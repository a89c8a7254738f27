internal import ConcurrencySupport

/// How much a window allows, how long it is and how finely it is remembered.
@usableFromInline
struct WindowShape: Sendable, Equatable {
    /// The most permits in any window; the most that one request may ask for.
    @usableFromInline let limit: UInt64
    /// In nanoseconds: a permit of time s counts in windows that end before s + `length`.
    @usableFromInline let length: UInt64
    /// Grants less than this apart may be remembered as one, as if all had been made at the time of the last.
    @usableFromInline let resolution: UInt64
    /// So many permits, or more, are remembered as one no longer joined by others.
    @usableFromInline let portion: UInt64
    /// How many runs of grants there can be, without those that are promised.
    @usableFromInline let largestRunCount: Int
    /// Into how many parts the window is divided; `nil`: every grant is remembered for itself.
    let buckets: Int?

    /// - Precondition: `limit` and `buckets` are at least 1, `window` is above zero and no longer than 100 years, and there
    ///   are no more than 16 million permits, or 8 million buckets, to be remembered.
    init(limit: Int, window: Duration, buckets: Int?) {
        precondition(limit > 0, "a window must allow at least one permit; got \(limit)")
        precondition(
            window > .zero && window <= .seconds(3_155_760_000),
            "a window must be longer than zero and no longer than 100 years; got \(window)"
        )
        // A fraction of a nanosecond counts as a whole one: a longer window allows less.
        let whole = window.nanosecondsClamped
        length = Duration.nanoseconds(Int64(whole)) < window ? whole + 1 : whole
        self.limit = UInt64(limit)
        self.buckets = buckets
        guard let buckets else {
            precondition(
                limit <= WindowShape.mostRuns,
                "a log remembers every permit, \(WindowShape.mostRuns) at most; use a sliding window for \(limit)"
            )
            (resolution, portion, largestRunCount) = (1, .max, limit)
            return
        }
        precondition(
            (1...WindowShape.mostRuns / 2).contains(buckets),
            "a window has between 1 and \(WindowShape.mostRuns / 2) buckets; got \(buckets)"
        )
        let parts = UInt64(buckets)
        resolution = (length + parts - 1) / parts
        portion = self.limit / parts + (self.limit % parts == 0 ? 0 : 1)
        // Runs that ended because they were as long as a bucket, those that ended because they were full, and the newest.
        largestRunCount = min(limit, 2 * buckets + 1)
    }

    static let mostRuns = 1 << 24
}
