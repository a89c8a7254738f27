public import BoundedQueues

/// What the harness asks a queue to be.
public struct QueueSetup<Element: Sendable>: Sendable {
    /// The bound.
    public let capacity: Int
    /// What happens when it is full.
    public let policy: OverflowPolicy
    /// Must receive every element that the policy gives up: the harness counts them.
    public let onDrop: DropHandler<Element>
    /// With the policy `spill`, and with no other: where what finds no room is to go.
    public let spillStore: (any SpillStore<Element>)?

    @usableFromInline
    init(
        capacity: Int,
        policy: OverflowPolicy,
        spillStore: (any SpillStore<Element>)? = nil,
        onDrop: @escaping DropHandler<Element>
    ) {
        self.capacity = capacity
        self.policy = policy
        self.spillStore = spillStore
        self.onDrop = onDrop
    }
}

/// A queue as the harness knows it: an id, what it supports, and how to make one.
///
/// The factories make the queue for each kind of element, and wrap it in the ``QueueInstance`` whose loops are
/// specialised for its type:
///
///     QueueImplementation(
///         id: "mine", family: .lockFree, summary: "my ring",
///         words: { QueueInstance(MyQueue<UInt64>(capacity: $0.capacity)) },
///         payloads: { QueueInstance(MyQueue<Payload>(capacity: $0.capacity)) },
///         policies: [.block, .reject]
///     )
public struct QueueImplementation: Sendable {
    /// Unique, `[a-z0-9-]+`: the `implementation` column.
    public let id: String
    /// How it synchronises: the `family` column.
    public let family: Family
    /// Whether it must keep its promises, must break them, or only measures the harness.
    public let role: Role
    /// Whether it is what the package offers, another's, or the same thing once more in another form.
    let standing: Standing
    /// One line for `list`.
    public let summary: String
    /// The policies it offers. Their names count, not their numbers: who can sample can sample one in any n.
    public let policies: [OverflowPolicy]
    /// Who can drive it.
    let drivers: [Scenario.Driver]
    /// The most producers that may use it at once; `nil`: any number.
    public let maxProducers: Int?
    /// The most consumers that may use it at once; `nil`: any number.
    public let maxConsumers: Int?
    /// One line on what it doesn't promise, for `list`; `nil`: it promises all that ``BoundedQueue`` does.
    public let limitations: String?
    /// What it is held to.
    public let promises: QueuePromises
    /// Checks that come with it.
    let extraChecks: [ExtraVerification]
    /// Whether what goes in comes out (yardsticks may not).
    let conservesElements: Bool
    /// The loads that it can be put under.
    let arrivals: ArrivalSupport
    /// For a yardstick: the implementation that it drives without the harness's protocol.
    let yardstickFor: String?
    /// Whether threads can park in it; `nil`: one is made and looked at.
    let parksThreads: Bool?
    /// The shared library that it comes from, as it was given; `nil`: it is part of this executable.
    let library: String?
    let words: (@Sendable (QueueSetup<UInt64>) -> QueueInstance)?
    let payloads: (@Sendable (QueueSetup<Payload>) -> QueueInstance)?

    /// - Parameters:
    ///   - id: unique, `[a-z0-9-]+`.
    ///   - family: how it synchronises.
    ///   - role: whether it must keep its promises.
    ///   - summary: one line for people.
    ///   - policies: what it can do when it is full; the numbers that a policy may have don't matter.
    ///   - drivenByThreads: whether it conforms to `SynchronousBoundedQueue`.
    ///   - maxProducers: the most producers at once, at least 1; `nil`: any number.
    ///   - maxConsumers: the most consumers at once, at least 1; `nil`: any number.
    ///   - limitations: one line on what it doesn't promise.
    ///   - promises: what it is held to by `verify`.
    ///   - words: makes one for elements of 8 bytes.
    ///   - payloads: makes one for larger elements.
    public init(
        id: String,
        family: Family,
        role: Role = .contender,
        summary: String,
        policies: [OverflowPolicy] = [.block, .reject, .dropNewest, .dropOldest],
        drivenByThreads: Bool = true,
        maxProducers: Int? = nil,
        maxConsumers: Int? = nil,
        limitations: String? = nil,
        promises: QueuePromises = QueuePromises(),
        words: (@Sendable (QueueSetup<UInt64>) -> QueueInstance)?,
        payloads: (@Sendable (QueueSetup<Payload>) -> QueueInstance)?
    ) {
        self.init(
            id: id,
            family: family,
            role: role,
            summary: summary,
            policies: policies,
            drivers: drivenByThreads ? [.threads, .tasks] : [.tasks],
            maxProducers: maxProducers,
            maxConsumers: maxConsumers,
            limitations: limitations,
            promises: promises,
            conservesElements: true,
            arrivals: .all,
            yardstickFor: nil,
            words: words,
            payloads: payloads
        )
    }

    init(
        id: String,
        family: Family,
        role: Role,
        standing: Standing = .own,
        summary: String,
        policies: [OverflowPolicy],
        drivers: [Scenario.Driver],
        maxProducers: Int? = nil,
        maxConsumers: Int? = nil,
        limitations: String? = nil,
        promises: QueuePromises,
        extraChecks: [ExtraVerification] = [],
        conservesElements: Bool,
        arrivals: ArrivalSupport,
        yardstickFor: String?,
        parksThreads: Bool? = nil,
        library: String? = nil,
        words: (@Sendable (QueueSetup<UInt64>) -> QueueInstance)?,
        payloads: (@Sendable (QueueSetup<Payload>) -> QueueInstance)?
    ) {
        self.id = id
        self.family = family
        self.role = role
        self.standing = standing
        self.summary = summary
        self.policies = policies
        self.drivers = drivers
        self.maxProducers = maxProducers
        self.maxConsumers = maxConsumers
        self.limitations = limitations
        self.promises = promises
        self.extraChecks = extraChecks
        self.conservesElements = conservesElements
        self.arrivals = arrivals
        self.yardstickFor = yardstickFor
        self.parksThreads = parksThreads
        self.library = library
        self.words = words
        self.payloads = payloads
    }

    /// Why it can't take part in a load; `nil`: it can.
    func reasonAgainst(_ load: QueueLoad, driver: Scenario.Driver) -> String? {
        if !drivers.contains(driver) { return "not driven by \(driver.rawValue)" }
        // One that pushes and pops in turn is a single worker, whatever the load's numbers say.
        let isAlternating = load.arrival == .alternating
        if let maxProducers, !isAlternating, load.producers > maxProducers {
            return "at most \(maxProducers) producer\(maxProducers == 1 ? "" : "s")"
        }
        if let maxConsumers, !isAlternating, load.consumers > maxConsumers {
            return "at most \(maxConsumers) consumer\(maxConsumers == 1 ? "" : "s")"
        }
        if !policies.contains(where: { $0.description == load.policy.rawValue }) {
            return "no policy \(load.policy.rawValue)"
        }
        if load.payloadBytes > 8 ? payloads == nil : words == nil { return "no elements of \(load.payloadBytes) bytes" }
        if !arrivals.contains(load.arrival) { return "not under this kind of load" }
        if driver == .threads, load.waiting == .park, !canPark(under: load) { return "no thread can park in it" }
        return nil
    }

    private func canPark(under load: QueueLoad) -> Bool {
        parksThreads ?? (make(for: load, drops: DropCounter())?.parkingThreads != nil)
    }

    /// Makes the queue that a load asks for; `drops` counts what its policy gives up.
    func make(for load: QueueLoad, drops: DropCounter) -> QueueInstance? {
        func setup<Element: BenchmarkElement>() -> QueueSetup<Element> {
            QueueSetup(
                capacity: load.capacity,
                policy: load.overflowPolicy,
                spillStore: load.policy == .spill ? InMemorySpillStore(limit: load.policySettings.spillLimit) : nil
            ) { element, reason in
                drops.count(number: element.number, reason: reason)
            }
        }
        return load.payloadBytes > 8 ? payloads?(setup()) : words?(setup())
    }
}

extension QueueImplementation {
    /// One of each kind.
    public static let everyPolicy: [OverflowPolicy] = [
        .block, .reject, .dropNewest, .dropOldest, .sample(oneIn: 1), .throttle(), .spill,
    ]
}

/// What an implementation is to the package.
enum Standing: String, Codable, Sendable {
    /// One of those that scenarios compare unless they name some.
    case own
    /// Another package's or the system's; takes part only where it is named or asked for.
    case peer
    /// One of our own with other parameters, or driven another way; likewise.
    case variant
    /// What people write and shouldn't; likewise.
    case warning = "what-not-to-do"
}

/// The loads that a queue can be put under: yardsticks can't stand all of them.
enum ArrivalSupport: Sendable {
    /// Every one.
    case all
    /// Those in which somebody offers all the time: it doesn't hand out what it was given, and never makes anyone wait.
    case saturated
    /// Only pushing and popping in turn.
    case alternating
    /// All but pushing and popping in turn, since a push waits for a pop.
    case separateWorkers

    func contains(_ arrival: Arrival) -> Bool {
        switch (self, arrival) {
        case (.separateWorkers, .alternating): false
        case (.all, _), (.separateWorkers, _), (.saturated, .closedLoop), (.saturated, .roundTrip), (_, .alternating):
            true
        default: false
        }
    }
}

extension QueueLoad {
    package var overflowPolicy: OverflowPolicy {
        switch policy {
        case .block: .block
        case .reject: .reject
        case .dropNewest: .dropNewest
        case .dropOldest: .dropOldest
        case .sample: .sample(oneIn: policySettings.sampleOneIn, above: policySettings.lowWatermark)
        case .throttle:
            .throttle(
                from: policySettings.lowWatermark,
                to: policySettings.highWatermark,
                longestDelay: .nanoseconds(policySettings.longestDelayNanoseconds)
            )
        case .spill: .spill
        }
    }
}
