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
    package var output = "results/latest"
    package var commandLine: [String] = []
    package var swiftVersion: String?

    package init() {}

    /// What a verification takes unless told otherwise: little for a single implementation, and never long.
    static func defaultBudgetSeconds(implementations: Int) -> Double { min(110, 14 * Double(implementations)) }
}
