/// A row of `memory.csv`: memory at one instant of one run.
package struct MemoryRow: ResultRow {
    package var scenario: String
    package var implementation: String
    /// Since the measured part began.
    package var elapsedNs: Int
    package var allocatedBytes: Int?
    package var activeBytes: Int?
    package var residentBytes: Int?
    package var metadataBytes: Int?
    /// Elements in the queue.
    package var depth: Int?

    package static let columns: [ResultColumn<Self>] = [
        .init("scenario", \.scenario),
        .init("implementation", \.implementation),
        .init("elapsed_ns", \.elapsedNs),
        .init("allocated_bytes", \.allocatedBytes),
        .init("active_bytes", \.activeBytes),
        .init("resident_bytes", \.residentBytes),
        .init("metadata_bytes", \.metadataBytes),
        .init("depth", \.depth),
    ]
}
