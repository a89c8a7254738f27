extension EnvelopeCheck {
    /// Checks that no window (t, t + length] holds more than `limit` permits, wherever it begins, by grants that were stamped
    /// from outside, before the call and after its return, by any number of callers.
    ///
    /// The permits of calls returned by e, less those of calls begun by e − length, are no more than what was granted in the
    /// window between; the most of that, over all e, less `limit`, is excess that must have happened. As with the other
    /// checks a caller that is preempted between its stamps can lower the answer, never raise it; for exact times (both
    /// stamps the same) none is missed.
    ///
    /// O(n log n).
    ///
    /// - Parameters:
    ///   - grants: in any order.
    ///   - limit: the most permits in a window.
    ///   - windowNanoseconds: the length of a window. Must not be 0; traps if it is.
    public static func overshoot(of grants: [GrantStamp], limit: UInt64, windowNanoseconds: UInt64) -> Overshoot {
        precondition(windowNanoseconds > 0, "a window must be longer than zero")
        let calls = grants.sorted { $0.before < $1.before }
        let returns = grants.sorted { $0.after < $1.after }
        var worst: (permits: Int128, end: UInt64) = (Int128(limit), 0)
        var inside: Int128 = 0
        var nextCall = calls.startIndex
        for (index, grant) in zip(returns.indices, returns) {
            let end = grant.after
            inside += Int128(grant.permits)
            while nextCall < calls.endIndex, calls[nextCall].before <= end,
                end - calls[nextCall].before >= windowNanoseconds
            {
                inside -= Int128(calls[nextCall].permits)
                nextCall += 1
            }
            let isLastOfInstant = index + 1 == returns.endIndex || returns[index + 1].after > end
            if isLastOfInstant, inside > worst.permits { worst = (inside, end) }
        }
        guard worst.permits > Int128(limit) else { return Overshoot(permits: 0, window: nil) }
        let start = worst.end >= windowNanoseconds ? worst.end - windowNanoseconds + 1 : 0
        return Overshoot(
            permits: Double(worst.permits - Int128(limit)),
            window: Window(
                startNanoseconds: start,
                endNanoseconds: worst.end,
                grants: grants.count { $0.before >= start && $0.after <= worst.end }
            )
        )
    }
}
