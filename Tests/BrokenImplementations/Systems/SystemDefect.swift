import BackpressureBenchmark
import BoundedQueues
import CircuitBreakers
import ConcurrencySupport

/// What is wrong with a whole system; the raw value is the id that it is registered under.
enum SystemDefect: String, CaseIterable {
    /// Accepts one request in ten and forgets it.
    case losesRequests = "loses-requests"
    /// Takes in whatever comes.
    case takesAll = "takes-all"
    /// A control that is as good as those it is set beside.
    case modestControl = "modest-control"
    /// Has a breaker that never opens.
    case neverOpens = "never-opens"
    /// Throws one dead letter in ten away.
    case losesLetters = "loses-letters"
    /// Sends a signal that nobody sees.
    case silentSignal = "silent-signal"
    /// Forgets every other element that it has let in.
    case forgetsElements = "forgets-elements"
    /// A limit that doesn't limit.
    case openDoor = "open-door"
    /// Counts none of the latencies that it takes.
    case forgetsRecords = "forgets-records"

    var implementation: SystemImplementation {
        let summary = "broken on purpose"
        return switch self {
        case .losesRequests: admission { FaultyAdmission(capacity: $0.capacity, losesOneIn: 10) }
        case .takesAll: admission { _ in FaultyAdmission(capacity: 1 << 20, losesOneIn: .max) }
        case .modestControl: admission(.control) { FaultyAdmission(capacity: $0.capacity, losesOneIn: .max) }
        case .neverOpens: delivery { FaultyDelivery($0, losesOneIn: .max) }
        case .losesLetters: delivery { FaultyDelivery($0, losesOneIn: 10) }
        case .silentSignal: .init(id: rawValue, family: .other, summary: summary, signal: { SilentSignal() })
        case .forgetsElements: .init(id: rawValue, family: .other, summary: summary, stages: { FaultyStages($0) })
        case .openDoor: .init(id: rawValue, family: .other, summary: summary, limit: { _ in OpenDoor() })
        case .forgetsRecords:
            .init(
                id: rawValue,
                family: .other,
                summary: summary,
                recording: { RecordingInstance(ForgetfulRecorder()) }
            )
        }
    }

    private func admission(
        _ role: Role = .contender,
        _ make: @escaping @Sendable (AdmissionSetup) -> FaultyAdmission
    ) -> SystemImplementation {
        SystemImplementation(id: rawValue, family: .other, role: role, summary: "broken on purpose", admission: make)
    }

    private func delivery(_ make: @escaping @Sendable (DeliverySetup) -> FaultyDelivery) -> SystemImplementation {
        SystemImplementation(id: rawValue, family: .other, summary: "broken on purpose", delivery: make)
    }
}

/// One queue for all tiers, which may forget some of what it accepts.
struct FaultyAdmission: AdmissionSystem {
    private let queue: MutexQueue<UInt64>
    private let losesOneIn: UInt64

    init(capacity: Int, losesOneIn: UInt64) {
        queue = MutexQueue(capacity: capacity)
        self.losesOneIn = losesOneIn
    }

    func offer(_ request: UInt64, tier: PriorityTier) async -> Bool {
        request % losesOneIn == losesOneIn - 1 || queue.tryPush(request).isAccepted
    }

    func take() async -> UInt64? { await queue.pop() }

    func close() async { queue.close() }
}

/// Calls without a breaker, and may forget some of what it puts aside.
struct FaultyDelivery: DeliverySystem {
    private let letters: DeadLetterQueue<UInt64>
    private let losesOneIn: UInt64

    init(_ setup: DeliverySetup, losesOneIn: UInt64) {
        letters = DeadLetterQueue(limit: setup.limit)
        self.losesOneIn = losesOneIn
    }

    func deliver(
        _ element: UInt64,
        by call: @escaping @Sendable (UInt64) async throws -> Void
    ) async -> DeliveryOutcome {
        do {
            try await call(element)
            return .delivered
        } catch {
            if element % losesOneIn == losesOneIn - 1 { return .kept }
            let letter = DeadLetter(element, reason: .failed("\(error)"), attempts: 1, nanoseconds: 0)
            return letters.accept(letter) ? .kept : .returned
        }
    }

    func redrive(by call: @escaping @Sendable (UInt64) async throws -> Void) async -> Int {
        await letters.redrive { letter in try await call(letter.element) }.delivered
    }

    var kept: Int { letters.statistics.inside }

    func takeKept() async -> [UInt64] { letters.take().map(\.element) }
}

/// Nobody hears it.
struct SilentSignal: SignalSystem {
    func set(paused: Bool) {}

    func makeProducer() -> any SignalledProducer { Producer() }

    private struct Producer: SignalledProducer {
        func mustPause() -> Bool { false }
    }
}
