public import Backpressure

/// Something that happens to a circuit breaker.
public enum CircuitBreakerEvent: Sendable, Hashable, CustomStringConvertible {
    /// Somebody asks for permission.
    case acquire
    /// A call that was permitted has ended just now. Which: one of those under way, counted from the oldest and round and
    /// round; nothing happens if there is none.
    case record(Int, CallOutcome)
    /// Likewise, and it took so long as its caller says.
    case recordDuration(Int, CallOutcome, nanoseconds: UInt64)
    /// A permit is given back. Which, as for ``record(_:_:)``.
    case cancel(Int)
    /// Time passes.
    case advance(nanoseconds: UInt64)
    /// Somebody forces it open.
    case forceOpen
    /// Somebody disables it.
    case disable
    /// Somebody resets it.
    case reset

    /// In words.
    public var description: String {
        switch self {
        case .acquire: "acquire"
        case .record(let which, let outcome): "call \(which) ends: \(outcome)"
        case .recordDuration(let which, let outcome, let nanoseconds):
            "call \(which) ends: \(outcome) in \(nanoseconds) ns"
        case .cancel(let which): "call \(which) is cancelled"
        case .advance(let nanoseconds): "\(nanoseconds) ns pass"
        case .forceOpen: "force open"
        case .disable: "disable"
        case .reset: "reset"
        }
    }
}

/// Settings and a sequence of events, to be played to a circuit breaker and to the model beside it.
public struct CircuitBreakerScript: Sendable {
    /// When the breaker opens and closes.
    public var settings: CircuitBreakerSettings
    /// What happens to it.
    public var events: [CircuitBreakerEvent]

    /// A script of these events.
    public init(_ settings: CircuitBreakerSettings, _ events: [CircuitBreakerEvent]) {
        self.settings = settings
        self.events = events
    }

    /// Plays the script to a breaker that nobody has used, and says where it first differs from the model, in its answer,
    /// its state or its statistics; `nil`: nowhere.
    ///
    /// - Parameters:
    ///   - clock: the clock that the breaker was made with.
    ///   - breaker: made with the script's settings.
    public func difference(of breaker: some CircuitBreaker, on clock: ManualClock) async -> String? {
        var model = CircuitBreakerModel(settings)
        // As the breaker and as the model gave them, the oldest first.
        var permits: [(real: CallPermit, modelled: CallPermit)] = []
        for (index, event) in events.enumerated() {
            let now = clock.nanoseconds()
            func say(_ what: String) -> String { "event \(index + 1), \(event): \(what)" }
            func takePermit(_ which: Int) -> (real: CallPermit, modelled: CallPermit)? {
                permits.isEmpty ? nil : permits.remove(at: which % permits.count)
            }
            switch event {
            case .acquire:
                let (real, modelled) = (await breaker.tryAcquire(), model.acquire(atNanoseconds: now))
                switch (real, modelled) {
                case (.permitted(let one), .permitted(let other)) where one.generation == other.generation:
                    permits.append((one, other))
                case (.refused(let one), .refused(let other)) where one == other: break
                default: return say("the answer was \(real), not \(modelled)")
                }
            case .record(let which, let outcome):
                guard let permit = takePermit(which) else { continue }
                await breaker.record(permit.real, outcome)
                model.record(permit.modelled, outcome, durationNanoseconds: nil, atNanoseconds: now)
            case .recordDuration(let which, let outcome, let nanoseconds):
                guard let permit = takePermit(which) else { continue }
                await breaker.record(permit.real, outcome, durationNanoseconds: nanoseconds)
                model.record(permit.modelled, outcome, durationNanoseconds: nanoseconds, atNanoseconds: now)
            case .cancel(let which):
                guard let permit = takePermit(which) else { continue }
                await breaker.cancel(permit.real)
                model.cancel(permit.modelled)
            case .advance(let nanoseconds): clock.advance(byNanoseconds: nanoseconds)
            case .forceOpen:
                await breaker.forceOpen()
                model.forceOpen()
            case .disable:
                await breaker.disable()
                model.disable()
            case .reset:
                await breaker.reset()
                model.reset()
            }
            let state = await breaker.state()
            guard state == model.state else { return say("the state was \(state), not \(model.state)") }
            let (real, modelled) = (await breaker.statistics(), model.statistics(atNanoseconds: clock.nanoseconds()))
            guard real == modelled else { return say("there was \(Self.differences(real, modelled))") }
        }
        return nil
    }

    private static func differences(_ real: CircuitBreakerStatistics, _ modelled: CircuitBreakerStatistics) -> String {
        zip(Mirror(reflecting: real).children, Mirror(reflecting: modelled).children)
            .filter { "\($0.value)" != "\($1.value)" }
            .map { "\($0.label ?? "") \($0.value), not \($1.value)" }
            .joined(separator: "; ")
    }

    /// The shortest script found with which `fails` still holds, by leaving out events: no single one can be left out. Plays
    /// it some n log n times.
    public func shrunk(while fails: (CircuitBreakerScript) async -> Bool) async -> CircuitBreakerScript {
        let settings = settings
        let events = await shortest(
            events,
            simpler: { _ in [] },
            fails: { await fails(CircuitBreakerScript(settings, $0)) }
        )
        return CircuitBreakerScript(settings, events)
    }
}
