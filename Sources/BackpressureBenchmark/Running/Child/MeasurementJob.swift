/// Work for a child process, as the parent hands it over.
protocol ChildJob: Codable, Sendable {
    /// After this the child is taken to hang.
    var timeLimitSeconds: Double { get }
    /// What jemalloc is told; `nil`: nothing.
    var mallocConfiguration: String? { get }
}

/// One measurement, as the parent process hands it to the child that makes it.
struct MeasurementJob: ChildJob {
    /// What is measured. Memory is accounted apart from speed, because exact accounting slows allocation down.
    enum Kind: String, Codable, Sendable {
        case speed, memory, accuracy, flood, system
    }

    var kind: Kind
    var scenario: Scenario
    var implementation: String
    /// The shared library that has it; `nil`: this executable has it. Others aren't opened: what a library does to its
    /// process, it does to its own figures alone.
    var library: String?
    var driver: Scenario.Driver
    var seed: UInt64
    var warmupSeconds: Double
    var durationSeconds: Double
    /// Accuracy on the virtual clock: at least so many decisions, however long they take.
    var decisions: Int?
    /// The memory cap to come under first; `nil`: none.
    var cap: MemoryCap.Orders?
    /// After this the child is taken to hang.
    var timeLimitSeconds: Double

    var mallocConfiguration: String? {
        // Exact figures without thread caches, where memory is accounted. One arena: several are read one after the other,
        // and what moves between them meanwhile counts twice. With the extent hooks' cap, memory given back must stop
        // counting.
        guard kind == .memory || kind == .flood else { return nil }
        return "tcache:false,narenas:1" + (cap?.method == .extentHooks ? ",retain:false" : "")
    }
}

/// A line that the child writes to standard output.
enum ChildMessage: Codable, Sendable {
    /// Memory and progress now: what is known if the child dies.
    case heartbeat(Heartbeat)
    case report(MeasurementReport)
    /// It could not be measured, for this reason.
    case failure(String)
    /// It begins a check, with this id.
    case checking(String)
    /// What that came to.
    case checked([VerificationOutcome])
}

/// The state of a flood at one moment.
struct Heartbeat: Codable, Sendable {
    var memory: MemorySample
    var offered: Int
    var accepted: Int
    var taken: Int
    /// Resident memory of the whole process at its highest, in bytes.
    var peakResidentBytes: Int?
}

/// jemalloc's gauges at one moment of a run.
struct MemorySample: Codable, Sendable {
    /// Since the run began.
    var elapsedNanoseconds: Int
    var gauges: Jemalloc.Gauges
    /// Elements in the queue; `nil`: not asked, since asking would disturb the measurement.
    var depth: Int?
}

/// What a child measured.
struct MeasurementReport: Codable, Sendable {
    /// By ``Metric`` name; what was not measured is missing.
    var metrics: [String: Double] = [:]
    /// Of a memory measurement: the operations of its measured part.
    var operations: Int?
    /// What went wrong with the elements, in words: a queue that lost some, or made some up.
    var violation: String?
    var memory: [MemorySample] = []
    var accuracy: AccuracyFigures?
    var flood: FloodFigures?
    var system: SystemFigures?
    var noise: MachineNoise?
}

/// What an accuracy measurement found.
struct AccuracyFigures: Codable, Sendable {
    var durationSeconds: Double
    var granted: Int
    var allowed: Int
    /// The largest excess over the envelope of any window, in permits.
    var overshootPermits: Double
    /// Where that was; times from the start of the run. `nil`: the envelope was kept.
    var worstWindow: ExcessWindow?
    /// The burst that it was held to; `nil`: the scenario's.
    var burst: Int?
    /// Of a limiter that counts in a window: how long a grant counts at least.
    var windowNanoseconds: UInt64?
    /// Whether it may give permits back late, so that it grants less than the oracle; `nil`: it may not.
    var isConservative: Bool?
    /// Whether it is known when each request was decided.
    var knowsDecisions: Bool?
    /// The most permits at hand when a request was refused that they would have sufficed for; `nil`: nobody refuses.
    var withheldPermits: Double?
    /// Of callers that wait: the share of the time in which one was kept whose permit was due.
    var keptShare: Double?
    /// The same of a thread that only slept, beside them, until one permit's time after the other; how late it was.
    var timerKeptShare: Double?
    var timerP50Nanoseconds: Double?
    var timerP99Nanoseconds: Double?
    /// Of callers that wait: processor time of the whole process, in processors.
    var processors: Double?
    var jitterP50Nanoseconds: Double?
    var jitterP99Nanoseconds: Double?
    var jainIndex: Double?
    var decisionNanoseconds: Double?
    /// Virtual clock only: decisions that were wrong.
    var wrongDecisions: Int?
    /// Requests that were made.
    var decisions: Int?
}

/// What a flood came to that its process survived.
struct FloodFigures: Codable, Sendable {
    var durationSeconds: Double
    var offered: Int
    var accepted: Int
    var taken: Int
    /// Offered and not accepted: returned to the producer, or dropped at the tail.
    var refused: Int
    /// Handed to the drop handler: at the tail, or evicted.
    var dropped: Int
    /// Accepted, and neither taken nor evicted once the queue was drained.
    var lost: Int
    /// The most allocated at once, over what was allocated before the queue was made; `nil`: no accounting.
    var peakAllocatedBytes: Int?
    /// What is still allocated after the drain, likewise.
    var retainedBytes: Int?
    var peakResidentBytes: Int?
    /// What the queue may take by its capacity.
    var boundBytes: Int?
    /// What may be left of that once it is drained.
    var retainedBoundBytes: Int?
}
