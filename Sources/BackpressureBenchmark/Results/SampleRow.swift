/// A row of `samples.csv`: one measured value: one scenario, implementation, repetition and metric.
package struct SampleRow: ResultRow {
    package var scenario: String
    package var mechanism: Scenario.Mechanism
    package var implementation: String
    /// `mutex`, `actor`, `lock-free`, `other` or `foreign`.
    package var family: String
    package var driver: Scenario.Driver
    /// The block of runs that belong together; ratios are taken inside it.
    package var block: Int
    package var repetition: Int
    package var metric: String
    /// Of `value`.
    package var unit: String
    /// `nil`: asked for, not measured.
    package var value: Double?

    package static let columns: [ResultColumn<Self>] = [
        .init("scenario", \.scenario),
        .init("mechanism", \.mechanism),
        .init("implementation", \.implementation),
        .init("family", \.family),
        .init("driver", \.driver),
        .init("block", \.block),
        .init("repetition", \.repetition),
        .init("metric", \.metric),
        .init("unit", \.unit),
        .init("value", \.value),
    ]
}
