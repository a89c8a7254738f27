public import CircuitBreakers
import ConcurrencySupport

/// What the harness asks of a ``DeliverySystem``.
public struct DeliverySetup: Sendable {
    /// For a circuit breaker; its window, thresholds and waits.
    public let breaker: CircuitBreakerSettings
    /// The most elements that may be put aside.
    public let limit: Int

    init(_ load: FlappingLoad) {
        var settings = CircuitBreakerSettings()
        settings.window = .calls(FlappingLoad.windowCalls)
        settings.minimumCalls = FlappingLoad.windowCalls / 2
        settings.failureRate = 0.5
        settings.slowCallRate = 0.5
        settings.slowCallDuration = .nanoseconds((load.callNanoseconds + load.slowNanoseconds) / 2)
        settings.consecutiveFailures = FlappingLoad.consecutiveFailures
        settings.wait = .nanoseconds(load.waitNanoseconds)
        // Outages are of one length here: waits that grew would make the time to recover a matter of luck.
        settings.backoffFactor = 1
        settings.concurrentProbes = 1
        settings.successesToClose = 3
        breaker = settings
        limit = ScenarioLimits.systemArrivals
    }
}

/// Where an element has ended that was to be delivered.
public enum DeliveryOutcome: Sendable, Hashable {
    /// The call went well.
    case delivered
    /// The system keeps it, to try again.
    case kept
    /// It is the caller's again.
    case returned
}

/// Delivers elements by calls that may fail, and keeps what it couldn't deliver.
public protocol DeliverySystem: Sendable {
    /// Delivers an element, by `call` or not at all for now.
    func deliver(
        _ element: UInt64,
        by call: @escaping @Sendable (UInt64) async throws -> Void
    ) async -> DeliveryOutcome

    /// Tries again what it keeps, as far as it likes.
    ///
    /// - Returns: how many elements were delivered.
    func redrive(by call: @escaping @Sendable (UInt64) async throws -> Void) async -> Int

    /// How many elements it keeps.
    var kept: Int { get async }

    /// Takes out what it keeps.
    func takeKept() async -> [UInt64]
}

/// A circuit breaker before the dependency; what it refuses and what fails becomes a dead letter.
struct GuardedDeliveries<Breaker: CircuitBreaker>: DeliverySystem {
    private let breaker: Breaker
    private let letters: DeadLetterQueue<UInt64>

    init(_ breaker: Breaker, _ setup: DeliverySetup) {
        self.breaker = breaker
        letters = DeadLetterQueue(limit: setup.limit)
    }

    func deliver(
        _ element: UInt64,
        by call: @escaping @Sendable (UInt64) async throws -> Void
    ) async -> DeliveryOutcome {
        let delivery = await breaker.run(element, orTo: letters) { element async throws(any Error) in
            try await call(element)
        }
        return switch delivery {
        case .delivered: .delivered
        case .deadLettered: .kept
        case .returned: .returned
        }
    }

    func redrive(by call: @escaping @Sendable (UInt64) async throws -> Void) async -> Int {
        await letters.redrive(through: breaker) { letter in try await call(letter.element) }.delivered
    }

    var kept: Int { letters.statistics.inside }

    func takeKept() -> [UInt64] { letters.take().map(\.element) }
}

/// Calls the dependency whatever happens; only what fails becomes a dead letter.
struct UnguardedDeliveries: DeliverySystem {
    private let letters: DeadLetterQueue<UInt64>

    init(_ setup: DeliverySetup) { letters = DeadLetterQueue(limit: setup.limit) }

    func deliver(
        _ element: UInt64,
        by call: @escaping @Sendable (UInt64) async throws -> Void
    ) async -> DeliveryOutcome {
        do {
            try await call(element)
            return .delivered
        } catch {
            let letter = DeadLetter(
                element,
                reason: .failed("\(error)"),
                attempts: 1,
                nanoseconds: SystemNanosecondClock().nanoseconds()
            )
            return letters.accept(letter) ? .kept : .returned
        }
    }

    func redrive(by call: @escaping @Sendable (UInt64) async throws -> Void) async -> Int {
        await letters.redrive { letter in try await call(letter.element) }.delivered
    }

    var kept: Int { letters.statistics.inside }

    func takeKept() -> [UInt64] { letters.take().map(\.element) }
}
