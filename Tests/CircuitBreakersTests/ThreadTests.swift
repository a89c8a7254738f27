import BackpressureTesting
import ConcurrencySupport
import Foundation
import Testing

@testable import CircuitBreakers

/// Threads of the system that open and close one breaker as fast as they can.
@Suite("Circuit breakers among threads", .timeLimit(.minutes(5)))
struct BreakerThreadTests {
    private static var settings: CircuitBreakerSettings {
        var settings = CircuitBreakerSettings()
        settings.window = .calls(16)
        settings.minimumCalls = 4
        settings.consecutiveFailures = 5
        settings.wait = .nanoseconds(1)
        settings.backoffFactor = 1
        settings.concurrentProbes = 2
        settings.successesToClose = 3
        return settings
    }

    private static func runThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let finished = DispatchSemaphore(value: 0)
        for number in 0..<count {
            Thread {
                body(number)
                finished.signal()
            }.start()
        }
        for _ in 0..<count { finished.wait() }
    }

    private func flap(_ breaker: some SynchronousCircuitBreaker) {
        let known = KnownBox()
        Self.runThreads(4) { number in
            var generator = SeededGenerator(seed: 7, stream: UInt64(number))
            for _ in 0..<4_000 {
                guard let permit = breaker.tryAcquire().permit else {
                    known.update { $0.refused += 1 }
                    continue
                }
                // The clock is read for probes alone.
                let isProbe = permit.startNanoseconds != 0
                if isProbe { known.update { $0.begin(permit.generation) } }
                let isCancelled = Int.random(in: 0..<8, using: &generator) == 0
                known.update { $0.end(permit.generation, isProbe: isProbe, isCancelled: isCancelled) }
                if isCancelled {
                    breaker.cancel(permit)
                } else {
                    breaker.record(permit, Int.random(in: 0..<4, using: &generator) == 0 ? .failure : .success)
                }
            }
        }
        let (counts, statistics) = (known.value, breaker.statistics())
        #expect(counts.mostOut <= 2)
        #expect((counts.probes.values.max() ?? 0) <= 3)
        #expect(statistics.succeeded + statistics.failed + statistics.late == counts.results)
        #expect(statistics.cancelled == counts.cancelled && statistics.refused == counts.refused)
        #expect(statistics.lostProbes == 0)
        // It saw something: opened, probed and closed again and again.
        #expect(statistics.timesOpened > 20 && statistics.timesClosed > 5, "\(statistics)")
        #expect(statistics.timesHalfOpened <= statistics.timesOpened)
        #expect(statistics.generation == 1 + statistics.changes)
    }

    @Test("Probes stay within their bound, and every call is counted once, behind a lock")
    func mutex() { flap(MutexCircuitBreaker(Self.settings)) }

    @Test("Probes stay within their bound, and every call is counted once, on atomic words")
    func lockFree() { flap(LockFreeCircuitBreaker(Self.settings)) }

    @Test("The sums of a window equal a recount at rest, whatever threads have recorded, and reset, before")
    func recount() {
        var settings = CircuitBreakerSettings()
        settings.window = .calls(13)
        settings.minimumCalls = 13
        settings.failureRate = nil
        settings.slowCallRate = 1
        settings.slowCallDuration = .zero
        let breaker = LockFreeCircuitBreaker(settings)
        for round in 0..<20 {
            Self.runThreads(4) { number in
                var generator = SeededGenerator(seed: UInt64(round), stream: UInt64(number))
                for count in 0..<500 {
                    guard let permit = breaker.tryAcquire().permit else { continue }
                    let outcome: CallOutcome = Bool.random(using: &generator) ? .failure : .success
                    // Not all slow, or it would open.
                    breaker.record(permit, outcome, durationNanoseconds: count % 4 == 0 ? 1 : 0)
                    if number == 0, count % 100 == 50 { breaker.reset() }
                }
            }
            let statistics = breaker.statistics()
            let recounted = breaker.words.recount(generation: statistics.generation)
            #expect(statistics.window == recounted && recounted.calls > 0, "round \(round)")
        }
    }
}

extension CircuitBreakerStatistics {
    fileprivate var changes: UInt64 { timesOpened + timesHalfOpened + timesClosed }
}

/// What threads know of what they did.
private struct Known {
    /// Of each generation, the probes that are out, the most that were at once, and all that weren't cancelled.
    var out: [UInt64: Int] = [:]
    var mostOut = 0
    var probes: [UInt64: Int] = [:]
    var results: UInt64 = 0
    var cancelled: UInt64 = 0
    var refused: UInt64 = 0

    mutating func begin(_ generation: UInt64) {
        let count = (out[generation] ?? 0) + 1
        out[generation] = count
        mostOut = max(mostOut, count)
    }

    /// Before the breaker knows, so that it isn't charged with a probe that it has taken back.
    mutating func end(_ generation: UInt64, isProbe: Bool, isCancelled: Bool) {
        if isProbe { out[generation, default: 0] -= 1 }
        if isCancelled {
            cancelled += 1
        } else {
            results += 1
            if isProbe { probes[generation, default: 0] += 1 }
        }
    }
}

private final class KnownBox: Sendable {
    private let lock = Lock(Known())

    var value: Known { lock.withLock { $0 } }

    func update(_ body: (inout Known) -> Void) { lock.withLock { body(&$0) } }
}
