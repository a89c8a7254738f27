/// Checks of one implementation, as the parent process hands them to the child that makes them.
struct VerificationJob: ChildJob {
    struct Check: Codable, Sendable {
        var id: String
        /// Time for what gets better with time.
        var seconds: Double
        /// After this the check is taken to hang.
        var timeLimitSeconds: Double
        /// How much longer it may go on where it has seen too little.
        var patienceSeconds: Double
        /// The case to make alone.
        var only: VerificationCase?
        /// Of its cases one in so many is made.
        var sampleOneIn = 1
    }

    var mechanism: Scenario.Mechanism
    var implementation: String
    var library: String?
    var checks: [Check]
    var seed: UInt64

    var timeLimitSeconds: Double { checks.reduce(30) { $0 + $1.timeLimitSeconds } }

    /// Exact figures without thread caches.
    var mallocConfiguration: String? { "tcache:false,narenas:1" }
}
