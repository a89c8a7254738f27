package import Foundation

/// What a run was measured on and with: `environment.json`.
///
/// What can't be found out is `nil` and has no key in the file; nothing is guessed.
package struct EnvironmentRecord: Codable, Sendable, Equatable {
    /// ISO 8601, UTC.
    package var date: String
    package var host: String?
    package var cpuModel: String?
    /// Processors that this process may run on.
    package var cores: Int
    package var memoryBytes: UInt64
    package var kernel: String?
    package var swiftVersion: String?
    package var jemallocVersion: String?
    package var gitCommit: String?
    /// Whether anything, tracked or not, differed from `gitCommit`.
    package var gitDirty: Bool?
    package var commandLine: [String]
    package var profile: String
    package var seed: UInt64
    /// How the memory of stressed processes was capped.
    package var capMethod: String?
    /// The cost of one reading of the clock.
    package var clockCostNs: Double?
    package var noise: Noise
    /// `nil`: nothing was planned.
    package var timing: Timing?

    /// How long it took, and how far the time left that was shown meanwhile was from the truth.
    package struct Timing: Codable, Sendable, Equatable {
        /// What was said before the first measurement.
        package var plannedS: Double
        package var measuredS: Double
        /// As a share of what was really left, over all measurements' beginnings but those in the last tenth of the run;
        /// `nil`: it was interrupted.
        package var timeLeftErrorMean: Double?
        package var timeLeftErrorWorst: Double?
        /// The same of each kind of process: where the plan was wrong.
        package var kinds: [String: KindTiming] = [:]

        package enum CodingKeys: String, CodingKey {
            case plannedS = "planned_s"
            case measuredS = "measured_s"
            case timeLeftErrorMean = "time_left_error_mean"
            case timeLeftErrorWorst = "time_left_error_worst"
            case kinds
        }
    }

    /// All processes of one kind.
    package struct KindTiming: Codable, Sendable, Equatable {
        package var processes = 0
        package var plannedS = 0.0
        package var measuredS = 0.0

        package enum CodingKeys: String, CodingKey {
            case processes
            case plannedS = "planned_s"
            case measuredS = "measured_s"
        }
    }

    /// How far the machine itself disturbed the figures.
    package struct Noise: Codable, Sendable, Equatable {
        /// The coefficient of variation of a fixed piece of work.
        package var calibrationCV: Double?
        /// The time for two threads to hand a word back and forth.
        package var pingPongP50Ns: Double?
        package var pingPongMaxNs: Double?
        /// Measurements that were thrown away and made again.
        package var measurementsRepeated: Int
        /// Measurements that waited for the processors to be near, and for how long in all; `nil`: none had to be.
        package var measurementsHeldBack: Int?
        package var heldBackS: Double?

        package init(
            calibrationCV: Double? = nil,
            pingPongP50Ns: Double? = nil,
            pingPongMaxNs: Double? = nil,
            measurementsRepeated: Int = 0
        ) {
            self.calibrationCV = calibrationCV
            self.pingPongP50Ns = pingPongP50Ns
            self.pingPongMaxNs = pingPongMaxNs
            self.measurementsRepeated = measurementsRepeated
        }

        package enum CodingKeys: String, CodingKey {
            case calibrationCV = "calibration_cv"
            case pingPongP50Ns = "ping_pong_p50_ns"
            case pingPongMaxNs = "ping_pong_max_ns"
            case measurementsRepeated = "measurements_repeated"
            case measurementsHeldBack = "measurements_held_back"
            case heldBackS = "held_back_s"
        }
    }

    package enum CodingKeys: String, CodingKey {
        case date, host
        case cpuModel = "cpu_model"
        case cores
        case memoryBytes = "memory_bytes"
        case kernel
        case swiftVersion = "swift_version"
        case jemallocVersion = "jemalloc_version"
        case gitCommit = "git_commit"
        case gitDirty = "git_dirty"
        case commandLine = "command_line"
        case profile, seed
        case capMethod = "cap_method"
        case clockCostNs = "clock_cost_ns"
        case noise, timing
    }

    /// The text of `environment.json`.
    ///
    /// - Throws: `EncodingError` if a figure isn't finite.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}

extension EnvironmentRecord {
    /// Describes this machine and this process; what is measured later (`capMethod`, `clockCostNs`, `noise`) is left open.
    ///
    /// - Parameters:
    ///   - swiftVersion: of the compiler that built the tool; a running program can't tell.
    ///   - jemallocVersion: as the allocator itself reports it.
    ///   - repository: a folder of the working copy that was built; none: no commit is recorded.
    ///   - timeLimit: for each question to git.
    ///   - date: the start of the run.
    package static func capture(
        swiftVersion: String?,
        jemallocVersion: String?,
        commandLine: [String],
        profile: Scenario.Profile,
        seed: UInt64,
        repository: String?,
        timeLimit: Duration = .seconds(5),
        date: Date = Date()
    ) async -> EnvironmentRecord {
        let machine = Machine.current()
        var revision: GitRevision?
        if let repository { revision = await GitRevision.current(in: repository, timeLimit: timeLimit) }
        return EnvironmentRecord(
            date: date.formatted(.iso8601),
            host: machine.host,
            cpuModel: machine.cpuModel,
            cores: ProcessInfo.processInfo.activeProcessorCount,
            memoryBytes: ProcessInfo.processInfo.physicalMemory,
            kernel: machine.kernel,
            swiftVersion: swiftVersion,
            jemallocVersion: jemallocVersion,
            gitCommit: revision?.commit,
            gitDirty: revision?.isDirty,
            commandLine: commandLine,
            profile: profile.rawValue,
            seed: seed,
            noise: Noise()
        )
    }
}
