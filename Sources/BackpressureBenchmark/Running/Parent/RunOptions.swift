/// What a run is asked to do: the command line's options, checked for form by the command line.
package struct RunOptions: Sendable {
    package var profile = Scenario.Profile.standard
    package var sections = Set(Scenario.Section.allCases)
    /// Scenarios or implementations to keep; `nil`: all.
    package var filter: String?
    /// Implementation ids; empty: all.
    package var implementations: [String] = []
    /// Scenario files; empty: the folder that comes with the package.
    package var scenarioFiles: [String] = []
    /// Replayed in place of the traces that scenarios name.
    package var trace: String?
    /// In place of what the scenarios say.
    package var repetitions: Int?
    package var seed: UInt64 = 1
    /// The longest round trip of a cache line between processors for a measurement to count, in nanoseconds; `nil`: any.
    package var lineLimitNanoseconds: Double?
    package var output = "results/latest"
    package var commandLine: [String] = []
    package var swiftVersion: String?

    package init() {}
}
