/// What a verification is asked to do: the command line's options.
package struct VerificationOptions: Sendable {
    /// Implementations to keep; `nil`: all.
    package var filter: String?
    /// Implementation ids; empty: all.
    package var implementations: [String] = []
    /// Check ids; empty: all.
    package var checks: [String] = []
    /// Seconds for everything together; `nil`: ``defaultBudgetSeconds(implementations:)``.
    package var budgetSeconds: Double?
    package var seed: UInt64 = 1
    /// How many times everything is verified, each time with the next seed, ending with the first alarm.
    package var runs = 1
    /// The case of the one check of the one implementation to make alone, as a failure has named it; `nil`: all.
    package var only: String?
    package var output = "results/latest"
    package var commandLine: [String] = []
    package var swiftVersion: String?

    package init() {}

    /// What a verification takes unless told otherwise: little for a single implementation, and never long.
    static func defaultBudgetSeconds(implementations: Int) -> Double { min(105, 14 * Double(implementations)) }

    /// The same of one of many runs: what it can't decide, another will.
    static let budgetSecondsOfOneOfMany = 12.0
    /// Of the cases that a check has, such a run makes one in so many.
    static let casesOfOneOfMany = 8
}
