import BackpressureTesting
import CircuitBreakers
import Testing

@testable import FlowControl

/// What decides about flushes, as ``FlushCheck`` drives it: ``FlushState``, and mutants of it.
protocol FlushMachine {
    var pacing: FlushPacing { get }
    var inside: Int { get }
    var counts: FlushCounts { get }
    func decide(now: UInt64, depth: Int, capacity: Int, isHurried: Bool) -> FlushState<Int>.Decision
    mutating func beginFlush(taken: [Int], now: UInt64) -> [Int]
    mutating func endFlush(_ result: FlushResult, latencyNanoseconds: UInt64, now: UInt64)
    mutating func failFlush(_ error: any Error, now: UInt64)
    mutating func breakOffFlush()
    mutating func beginLetter(now: UInt64) -> DeadLetter<Int>?
    mutating func endLetter(isAccepted: Bool, now: UInt64)
    mutating func giveBack(taken: [Int], now: UInt64) -> [DeadLetter<Int>]
}

extension FlushState: FlushMachine where Element == Int {}

/// Drives a flush machine over a queue that is an array, a sink and a dead-letter sink that answer at random, on a clock that
/// jumps to what the machine waits for; and looks at each step whether it keeps what ``WatermarkController`` promises.
struct FlushCheck {
    enum Event: Hashable {
        case offer(Int)
        /// What the sink does with a batch: which of its elements fail, and whether for good.
        case deliver
        case failSome(bits: Int, isPermanent: Bool)
        case refuse
        case openCircuit(UInt64)
        case breakOff
        case refuseLetter
        case acceptLetter
        case hurry
    }

    static let pacing = FlushPacing(
        target: .milliseconds(10),
        interval: .milliseconds(10),
        intervals: .milliseconds(1)...(.milliseconds(30)),
        batch: 3,
        batches: 1...6
    )
    static let retry = RetryBackoff(
        attempts: 3,
        first: .milliseconds(5),
        longest: .milliseconds(40),
        jitter: 0.5,
        seed: 1
    )
    static let capacity = 8

    static func events(seed: UInt64) -> [Event] {
        var generator = SeededGenerator(seed: seed)
        return (0..<60).map { _ in
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<8: .offer(Int.random(in: 1...4, using: &generator))
            case 8..<11: .deliver
            case 11..<14:
                .failSome(bits: Int.random(in: 1..<64, using: &generator), isPermanent: Bool.random(using: &generator))
            case 14: .refuse
            case 15: .openCircuit(UInt64.random(in: 0...20_000_000, using: &generator))
            case 16: .breakOff
            case 17: .refuseLetter
            case 18: .acceptLetter
            default: .hurry
            }
        }
    }

    /// What is wrong; `nil`: nothing.
    static func failure<Machine: FlushMachine>(_ events: [Event], _ make: () -> Machine) -> String? {
        var run = Run(make())
        for event in events {
            if let message = run.apply(event) { return message }
        }
        return run.end()
    }

    static func shortestFailure<Machine: FlushMachine>(
        seeds: Range<UInt64>,
        _ make: () -> Machine
    ) -> (message: String, events: [Event])? {
        for seed in seeds {
            let events = events(seed: seed)
            guard failure(events, make) != nil else { continue }
            let shortest = Shrinking.shortest(events) { failure($0, make) != nil }
            return (failure(shortest, make) ?? "", shortest)
        }
        return nil
    }

    private struct Run<Machine: FlushMachine> {
        var machine: Machine
        var now: UInt64 = 1_000
        var queue: [Int] = []
        var next = 0
        var isHurried = false
        var places: [Int: String] = [:]
        var attempts: [Int: Int] = [:]
        var notBefore: UInt64 = 0

        init(_ machine: Machine) { self.machine = machine }

        mutating func apply(_ event: Event) -> String? {
            switch event {
            case .offer(let count):
                for _ in 0..<min(count, capacity - queue.count) {
                    queue.append(next)
                    next += 1
                }
                return nil
            case .hurry:
                isHurried = true
                return nil
            default:
                return step(event)
            }
        }

        /// Does what the machine decides; when it waits, the clock jumps.
        mutating func step(_ event: Event) -> String? {
            switch machine.decide(now: now, depth: queue.count, capacity: capacity, isHurried: isHurried) {
            case .wait(let deadline, let depth):
                if queue.count >= depth { return "it waits for \(depth) elements, and there are \(queue.count)" }
                if let deadline {
                    if deadline <= now { return "it waits until \(deadline), and it is \(now)" }
                    now = deadline
                } else if machine.inside > 0 {
                    return "it waits for ever, and \(machine.inside) are inside"
                } else if isHurried, !queue.isEmpty {
                    return "it waits for ever, and \(queue.count) are in the queue"
                }
                return nil
            case .letter: return letter(event)
            case .flush(let count): return flush(taking: count, event)
            }
        }

        mutating func flush(taking count: Int, _ event: Event) -> String? {
            if now < notBefore { return "flushed at \(now), before \(notBefore)" }
            let taken = Array(queue.prefix(count))
            queue.removeFirst(taken.count)
            // Time goes by meanwhile.
            now += UInt64(taken.count) * 1_000_000
            let batch = machine.beginFlush(taken: taken, now: now)
            if batch.count > machine.pacing.batchSize { return "a batch of \(batch.count)" }
            if batch != batch.sorted() { return "\(batch) is out of order" }
            if Set(batch).count < batch.count { return "\(batch) has an element twice" }
            for element in batch {
                if let place = places[element] { return "\(element) is flushed, and \(place)" }
                if attempts[element, default: 0] >= retry.attempts { return "\(element) is tried once more" }
            }
            now += 1_000_000
            switch event {
            case .failSome(let bits, let isPermanent):
                let failing = batch.indices.filter { bits >> $0 & 1 == 1 }
                for index in batch.indices {
                    let element = batch[index]
                    if failing.contains(index) {
                        attempts[element, default: 0] += isPermanent ? 100 : 1
                    } else {
                        places[element] = "delivered"
                    }
                }
                let failures = failing.map {
                    FlushResult.Failure(index: $0, error: Broken(), isPermanent: isPermanent)
                }
                machine.endFlush(FlushResult(failures: failures), latencyNanoseconds: 1_000_000, now: now)
            case .refuse:
                for element in batch { attempts[element, default: 0] += 1 }
                machine.failFlush(Broken(), now: now)
                notBefore = now + retry.firstNanoseconds / 2
            case .openCircuit(let wait):
                machine.failFlush(CircuitOpen(retryAfterNanoseconds: wait), now: now)
                notBefore = now + wait
            case .breakOff:
                machine.breakOffFlush()
            default:
                for element in batch { places[element] = "delivered" }
                machine.endFlush(.delivered, latencyNanoseconds: 30_000_000, now: now)
            }
            return balance()
        }

        mutating func letter(_ event: Event) -> String? {
            guard let letter = machine.beginLetter(now: now) else { return "it decides for a letter and has none" }
            if let place = places[letter.element] { return "\(letter.element) is a letter, and \(place)" }
            if attempts[letter.element, default: 0] < retry.attempts {
                return "\(letter.element) is given up after \(attempts[letter.element] ?? 0) attempts"
            }
            let isAccepted = event != .refuseLetter
            if isAccepted { places[letter.element] = "dead-lettered" }
            machine.endLetter(isAccepted: isAccepted, now: now)
            return balance()
        }

        func balance() -> String? {
            let counts = machine.counts
            let delivered = places.values.count { $0 == "delivered" }
            let dead = places.values.count { $0 == "dead-lettered" }
            if Int(counts.delivered) != delivered { return "\(delivered) delivered, counted \(counts.delivered)" }
            if Int(counts.deadLettered) != dead { return "\(dead) dead-lettered, counted \(counts.deadLettered)" }
            let inside = next - queue.count - places.count
            if machine.inside != inside { return "\(inside) are inside, and it holds \(machine.inside)" }
            // What was promised, whatever the machine says its bounds are.
            let (promised, actual) = (FlushCheck.pacing, machine.pacing)
            if machine.inside > promised.batchBounds.upperBound { return "\(machine.inside) are held" }
            if !promised.batchBounds.contains(actual.batchSize) { return "a batch size out of bounds" }
            if !promised.intervalBounds.contains(actual.intervalNanoseconds) {
                return "an interval out of bounds"
            }
            return nil
        }

        /// With a sink that works everything gets out.
        mutating func end() -> String? {
            isHurried = true
            for _ in 0..<1_000 {
                if queue.isEmpty, machine.inside == 0 { break }
                if let message = step(.deliver) { return message }
            }
            if places.count != next { return "\(next - places.count) of \(next) never came out" }
            let left = machine.giveBack(taken: [], now: now)
            return left.isEmpty ? nil : "\(left.map(\.element)) are given back, and nothing was inside"
        }
    }
}

/// Flush machines that break one promise each.
struct FaultyFlush: FlushMachine {
    enum Fault: CaseIterable {
        case losesThrownBatch, losesFailedElements, triesDeliveredAgain, givesUpEarly, neverGivesUp, losesRefusedLetters
        case countsOpenCircuits, flushesDuringBackoff, holdsTooMuch, intervalUnbounded, newestFirst, losesBrokenOff
    }

    let fault: Fault
    var state = FlushState<Int>(
        pacing: FlushCheck.pacing,
        retry: FlushCheck.retry,
        hasDeadLetters: true
    )
    var lost = 0
    var batch: [Int] = []
    var interval: UInt64 = 10_000_000

    init(_ fault: Fault) {
        self.fault = fault
        let retry = FlushCheck.retry
        let attempts = fault == .givesUpEarly ? 2 : fault == .neverGivesUp ? 1_000_000 : retry.attempts
        state = FlushState(
            pacing: FlushCheck.pacing,
            retry: RetryBackoff(
                attempts: attempts,
                first: .milliseconds(5),
                longest: .milliseconds(40),
                jitter: 0.5,
                seed: 1
            ),
            hasDeadLetters: fault != .neverGivesUp
        )
    }

    var pacing: FlushPacing {
        guard fault == .intervalUnbounded else { return state.pacing }
        let batch = state.pacing.batchSize
        return .fixed(interval: .nanoseconds(Int64(interval)), batch: batch)
    }
    var inside: Int { state.inside }
    var counts: FlushCounts { state.counts }

    func decide(now: UInt64, depth: Int, capacity: Int, isHurried: Bool) -> FlushState<Int>.Decision {
        let decision = state.decide(now: now, depth: depth, capacity: capacity, isHurried: isHurried)
        switch (fault, decision) {
        case (.flushesDuringBackoff, .wait(.some, .max)) where depth > 0: return .flush(taking: 1)
        case (.holdsTooMuch, .flush): return .flush(taking: FlushCheck.capacity)
        default: return decision
        }
    }

    mutating func beginFlush(taken: [Int], now: UInt64) -> [Int] {
        batch = state.beginFlush(taken: taken, now: now)
        return fault == .newestFirst ? batch.reversed() : batch
    }

    mutating func endFlush(_ result: FlushResult, latencyNanoseconds: UInt64, now: UInt64) {
        if latencyNanoseconds > 15_000_000 { interval = interval * 3 / 2 }
        switch fault {
        case .losesFailedElements:
            state.endFlush(.delivered, latencyNanoseconds: latencyNanoseconds, now: now)
        case .triesDeliveredAgain where !result.failures.isEmpty:
            let all = FlushResult.failed(at: batch.indices, Broken())
            state.endFlush(all, latencyNanoseconds: latencyNanoseconds, now: now)
        default:
            state.endFlush(result, latencyNanoseconds: latencyNanoseconds, now: now)
        }
    }

    mutating func failFlush(_ error: any Error, now: UInt64) {
        switch fault {
        case .losesThrownBatch: state.endFlush(.delivered, latencyNanoseconds: 20_000_000, now: now)
        case .countsOpenCircuits: state.failFlush(Broken(), now: now)
        default: state.failFlush(error, now: now)
        }
    }

    mutating func breakOffFlush() {
        if fault == .losesBrokenOff {
            state.endFlush(.delivered, latencyNanoseconds: 20_000_000, now: 0)
        } else {
            state.breakOffFlush()
        }
    }

    mutating func beginLetter(now: UInt64) -> DeadLetter<Int>? { state.beginLetter(now: now) }

    mutating func endLetter(isAccepted: Bool, now: UInt64) {
        state.endLetter(isAccepted: isAccepted || fault == .losesRefusedLetters, now: now)
    }

    mutating func giveBack(taken: [Int], now: UInt64) -> [DeadLetter<Int>] { state.giveBack(taken: taken, now: now) }
}

@Suite("Decisions about flushes")
struct FlushStateTests {
    @Test("Random events keep every promise")
    func model() {
        let found = FlushCheck.shortestFailure(seeds: 0..<400) {
            FlushState<Int>(pacing: FlushCheck.pacing, retry: FlushCheck.retry, hasDeadLetters: true)
        }
        #expect(found == nil, "\(found.map { "\($0.message), after \($0.events)" } ?? "")")
    }

    @Test("Each broken promise is found, by a sequence of few events", arguments: FaultyFlush.Fault.allCases)
    func mutants(fault: FaultyFlush.Fault) throws {
        let found = try #require(
            FlushCheck.shortestFailure(seeds: 0..<400) { FaultyFlush(fault) },
            "\(fault) survives"
        )
        #expect(found.events.count <= 12, "\(found.message), after \(found.events)")
    }
}
