/// What is measured: one file in `Fixtures/scenarios`, read, checked and resolved.
///
/// A scenario says nothing of any implementation's code; it names a load and the section of the run that it belongs to.
/// `Codable` because the parent process hands it to the child process that measures.
package struct Scenario: Codable, Sendable, Equatable {
    /// Unique, `[a-z0-9-]+`: the `scenario` column of every result file.
    package var name: String
    /// One line for people: the heading of its table.
    package var title: String
    package var section: Section
    /// The profiles that include it.
    package var profiles: Set<Profile>
    /// Who drives the implementation: threads, tasks or both in turn.
    package var drivers: [Driver]
    /// Implementation ids to measure; empty: every one that supports it.
    package var implementations: [String]
    /// The implementation that ratios are taken against.
    package var reference: String?
    /// Blocks to run at the `standard` profile.
    package var repetitions: Int
    /// Measured time of one run at the `standard` profile, in seconds.
    package var durationSeconds: Double
    /// Time before the measured part, discarded, in seconds.
    package var warmupSeconds: Double
    package var load: Load

    package enum Section: String, Codable, Sendable, CaseIterable { case throughput, accuracy, stress, systems }
    package enum Profile: String, Codable, Sendable, CaseIterable { case quick, standard, full }
    package enum Driver: String, Codable, Sendable, CaseIterable { case threads, tasks }
    package enum Mechanism: String, Codable, Sendable, CaseIterable {
        case queue, limiter, breaker
        case concurrencyLimit = "concurrency-limit"
        case system
    }

    package enum Load: Codable, Sendable, Equatable {
        case queue(QueueLoad)
        case limiter(LimiterLoad)
        case breaker(BreakerLoad)
        case concurrencyLimit(ConcurrencyLimitLoad)
        case system(SystemLoad)
        /// Of a whole system.
        case flood(FloodLoad)
    }

    package var mechanism: Mechanism {
        switch load {
        case .queue: .queue
        case .limiter: .limiter
        case .breaker: .breaker
        case .concurrencyLimit: .concurrencyLimit
        case .system, .flood: .system
        }
    }
}

/// Producers and consumers around one queue.
package struct QueueLoad: Codable, Sendable, Equatable {
    package var producers: Int
    package var consumers: Int
    package var capacity: Int
    /// 8: the element is a machine word. More: a heap buffer of that many bytes.
    package var payloadBytes: Int
    package var policy: Policy
    /// The numbers that some policies have.
    package var policySettings = PolicySettings()
    package var arrival: Arrival
    /// Threads only: what one does that finds the queue full or empty. Tasks suspend.
    package var waiting: Waiting = .yield
    /// Elements that are offered and taken at once.
    package var batch = 1
    /// Time a consumer spends on an element, in nanoseconds; 0: none.
    package var serviceTimeNanoseconds: Int
    /// Stress only: consumers work for so long and then take nothing for so long, in turn; 0: they never rest.
    package var consumersWorkNanoseconds = 0
    package var consumersRestNanoseconds = 0
    /// Stress only: so many of them at once, each with all of the above.
    package var queues = 1
    /// Stress only: the memory cap of the child process, in bytes.
    package var memoryCapBytes: Int?
    /// Stress only: offered rate over what the consumers can take (`consumers / service time`).
    package var overloadFactor: Double?

    /// The most elements that can be accepted and not yet taken, those in the store included.
    package var mostElements: Int { capacity + (policy == .spill ? policySettings.spillLimit : 0) }

    /// What happens to an element offered to a full queue.
    package enum Policy: String, Codable, Sendable, CaseIterable {
        case block, reject
        case dropNewest = "drop-newest"
        case dropOldest = "drop-oldest"
        case sample, throttle, spill
    }

    /// What a thread does that finds the queue full or empty.
    package enum Waiting: String, Codable, Sendable, CaseIterable {
        /// It tries again, after a pause that ends in yielding the processor.
        case yield
        /// It leaves the waiting to the queue, which parks it: `pushBlocking` and `popBlocking`.
        case park
    }
}

/// The numbers of those overflow policies that have some; the others don't look at them.
package struct PolicySettings: Codable, Sendable, Equatable {
    /// `sample`: one in so many enters.
    package var sampleOneIn = ScenarioDefaults.sampleOneIn
    /// `sample` and `throttle`: from this share of the capacity on.
    package var lowWatermark = ScenarioDefaults.lowWatermark
    /// `throttle`: from this share on, pushes are delayed longest.
    package var highWatermark = ScenarioDefaults.highWatermark
    /// `throttle`: that delay.
    package var longestDelayNanoseconds = Int(ScenarioDefaults.longestDelayMicroseconds * 1_000)
    /// `spill`: the most elements in the store.
    package var spillLimit = ScenarioDefaults.spillLimit
}

/// When elements are offered.
package enum Arrival: Codable, Sendable, Equatable {
    /// Each producer offers its next element as soon as the last one was dealt with.
    case closedLoop
    /// One worker pushes and pops in turn: the cost of an uncontended pair.
    case alternating
    /// One worker sends one element through the queue to another, which sends it back through a second queue.
    case roundTrip
    /// Nobody offers anything: the consumers wait.
    case idle
    /// Evenly spaced, over all producers together.
    case constant(ratePerSecond: Double)
    /// Exponential gaps, seeded.
    case poisson(ratePerSecond: Double)
    /// Constant rate for `onSeconds`, then silence for `offSeconds`.
    case onOff(ratePerSecond: Double, onSeconds: Double, offSeconds: Double)
    /// Recorded traffic, `speedup` times as fast. `path` is where it was read from; `requestsPerSecond` what was read.
    case trace(path: String, speedup: Double, requestsPerSecond: [UInt32])
}

/// Callers around one rate limiter.
package struct LimiterLoad: Codable, Sendable, Equatable {
    /// Permits per second.
    package var ratePerSecond: Double
    /// Permits that may be granted at once after a rest.
    package var burst: Int
    package var callers: Int
    package var demand: Demand
    package var clock: Clock
    /// Virtual clock, profile `full`: at least so many decisions, however long they take.
    package var decisions: Int?

    /// The time that the limiter sees.
    package enum Clock: String, Codable, Sendable, CaseIterable { case real, virtual }

    package enum Demand: Codable, Sendable, Equatable {
        /// Callers ask again at once, always.
        case saturated
        /// Callers ask for `onSeconds`, then rest for `offSeconds`.
        case onOff(onSeconds: Double, offSeconds: Double)
        /// Callers ask again at once, for one permit or several.
        case mixed
        /// Callers wait for their permits, always.
        case waiting
        /// Recorded traffic, `speedup` times as fast.
        case trace(path: String, speedup: Double, requestsPerSecond: [UInt32])
    }
}

extension Scenario.Mechanism {
    /// For people.
    var plural: String {
        switch self {
        case .queue: "queues"
        case .limiter: "rate limiters"
        case .breaker: "circuit breakers"
        case .concurrencyLimit: "concurrency limits"
        case .system: "systems"
        }
    }
}
