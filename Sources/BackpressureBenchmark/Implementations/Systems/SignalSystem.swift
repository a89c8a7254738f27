import ConcurrencySupport
import FlowControl
import Synchronization

/// By which a consumer tells producers to pause and to go on.
public protocol SignalSystem: Sendable {
    /// The consumer's side: never waits for a producer.
    func set(paused: Bool)

    /// What a producer asks before each publish: one for each producer, used by it alone.
    func makeProducer() -> any SignalledProducer
}

/// One producer's side of a ``SignalSystem``.
public protocol SignalledProducer: Sendable {
    /// Whether the publish that comes next is to wait.
    func mustPause() -> Bool
}

/// Flow-control signals: a producer reads one word before each publish.
final class FlowSignalling: SignalSystem {
    private let signals = FlowSignals()
    private let consumer: FlowConsumer

    init() { consumer = signals.makeConsumer() }

    func set(paused: Bool) { paused ? consumer.set(.pause) : consumer.withdraw() }

    func makeProducer() -> any SignalledProducer { Producer(signals: signals) }

    private struct Producer: SignalledProducer {
        let signals: FlowSignals
        func mustPause() -> Bool { signals.isRestricted }
    }
}

/// What many programs have instead: a producer that looks at the consumer's state now and then.
final class PolledState: SignalSystem {
    /// A usual interval of such loops.
    static let intervalNanoseconds: UInt64 = 50_000_000

    private let isPaused: SharedFlag

    init() { isPaused = SharedFlag() }

    func set(paused: Bool) { isPaused.value.store(paused, ordering: .releasing) }

    func makeProducer() -> any SignalledProducer { Producer(isPaused) }

    private final class SharedFlag: Sendable {
        let value = Atomic(false)
    }

    private final class Producer: SignalledProducer {
        private struct Seen {
            var isPaused = false
            var nanoseconds = SystemNanosecondClock().nanoseconds()
        }

        private let isPaused: SharedFlag
        private let seen = Lock(Seen())

        init(_ isPaused: SharedFlag) { self.isPaused = isPaused }

        func mustPause() -> Bool {
            seen.withLock { seen in
                let now = SystemNanosecondClock().nanoseconds()
                if now - seen.nanoseconds >= PolledState.intervalNanoseconds {
                    seen = Seen(isPaused: isPaused.value.load(ordering: .acquiring), nanoseconds: now)
                }
                return seen.isPaused
            }
        }
    }
}
