/// A row of `stress.csv`: one queue flooded under a memory cap: what was expected, what came of it.
package struct StressRow: ResultRow {
    package var scenario: String
    package var implementation: String
    /// `mutex`, `actor`, `lock-free`, `other` or `foreign`.
    package var family: String
    package var policy: QueueLoad.Policy
    package var capBytes: Int?
    package var capMethod: String?
    package var producers: Int
    package var consumers: Int
    package var overloadFactor: Double?
    package var durationS: Double?
    package var expected: String
    package var outcome: String
    package var verdict: String
    package var offered: Int?
    package var accepted: Int?
    package var taken: Int?
    package var refused: Int?
    package var dropped: Int?
    /// Accepted, but neither taken nor dropped nor left in the queue.
    package var lost: Int?
    package var peakAllocatedBytes: Int?
    package var peakResidentBytes: Int?
    /// The most that the queue may hold by its capacity.
    package var boundBytes: Int?
    package var growthBytesPerS: Double?
    /// `nil`: it lived.
    package var secondsToDeath: Double?

    package static let columns: [ResultColumn<Self>] = [
        .init("scenario", \.scenario),
        .init("implementation", \.implementation),
        .init("family", \.family),
        .init("policy", \.policy),
        .init("cap_bytes", \.capBytes),
        .init("cap_method", \.capMethod),
        .init("producers", \.producers),
        .init("consumers", \.consumers),
        .init("overload_factor", \.overloadFactor),
        .init("duration_s", \.durationS),
        .init("expected", \.expected),
        .init("outcome", \.outcome),
        .init("verdict", \.verdict),
        .init("offered", \.offered),
        .init("accepted", \.accepted),
        .init("taken", \.taken),
        .init("refused", \.refused),
        .init("dropped", \.dropped),
        .init("lost", \.lost),
        .init("peak_allocated_bytes", \.peakAllocatedBytes),
        .init("peak_resident_bytes", \.peakResidentBytes),
        .init("bound_bytes", \.boundBytes),
        .init("growth_bytes_per_s", \.growthBytesPerS),
        .init("seconds_to_death", \.secondsToDeath),
    ]
}
