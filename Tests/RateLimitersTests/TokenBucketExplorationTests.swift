import BackpressureTesting
import ConcurrencySupport
import DequeModule
import Testing

@testable import RateLimiters

/// The decisions of ``LockFreeTokenBucket``, on model words.
@Suite("Token bucket in every schedule")
struct TokenBucketExplorationTests {
    /// Word for word what the bucket has on the machine, and a clock that a thread advances.
    private final class ModelBucket: BucketWords {
        let clock: ModelWord
        private let word: ModelWord
        private nonisolated(unsafe) let termWords: UnsafeMutableRawPointer
        private let exchange: Exchange

        enum Exchange { case asIs, relaxedFailure, inTwoSteps }

        init(rate: Rate, burst: Int, exchange: Exchange = .asIs, _ exploration: Exploration) {
            let memory = exploration.words(2)
            clock = ModelWord(at: memory).named("clock")
            word = ModelWord(at: memory + 8).named("bucket")
            termWords = exploration.words(12)
            self.exchange = exchange
            let terms = TokenBucketAlgebra(rate: rate, burst: burst, originNanoseconds: 0)
            for generation: UInt64 in 0..<2 { store(terms, for: generation) }
        }

        // A clock of the machine is never seen to go back by anyone.
        func nanoseconds() -> UInt64 { UInt64(clock.loadSequentiallyConsistent()) }

        func load() -> UInt64 { UInt64(word.loadAcquiring()) }

        func weakExchange(_ expected: UInt64, for desired: UInt64) -> (exchanged: Bool, original: UInt64) {
            let (old, new) = (UInt(expected), UInt(desired))
            switch exchange {
            case .asIs:
                let claim = word.compareExchangeAcquiringAndReleasing(expected: old, desired: new)
                return (claim.exchanged, UInt64(claim.original))
            case .relaxedFailure:
                let claim = word.compareExchangeSequentiallyConsistent(expected: old, desired: new)
                return (claim.exchanged, UInt64(claim.original))
            case .inTwoSteps:
                let original = load()
                if original == expected { word.storeReleasing(new) }
                return (original == expected, original)
            }
        }

        func exchange(_ expected: UInt64, for desired: UInt64) -> Bool {
            weakExchange(expected, for: desired).exchanged
        }

        private func term(_ index: Int, _ generation: UInt64) -> ModelWord {
            ModelWord(at: termWords + 8 * (6 * Int(generation & 1) + index))
        }

        func terms(of word: UInt64) -> TokenBucketAlgebra {
            func load(_ index: Int) -> UInt64 { UInt64(term(index, word).loadAcquiring()) }
            return TokenBucketAlgebra(
                cost: load(0),
                tolerance: load(1),
                burst: load(2),
                wholeUnits: load(3),
                fractionalUnits: load(4),
                originNanoseconds: load(5)
            )
        }

        func store(_ terms: TokenBucketAlgebra, for generation: UInt64) {
            let values = [
                terms.cost, terms.tolerance, terms.burst, terms.wholeUnits, terms.fractionalUnits,
                terms.originNanoseconds,
            ]
            for (index, value) in values.enumerated() { term(index, generation).storeReleasing(UInt(value)) }
        }

        var waitingPermits: UInt64 { 0 }

        func tryAcquire(_ permits: UInt64) -> Bool {
            while true {
                if let answer = decide(permits) { return answer == .granted }
                var state = SharedBucketState(bucket: self, waiting: 0)
                var line: Deque<PermitPlace> = []
                state.mend(&line, atNanoseconds: nanoseconds())
            }
        }

        func update(rate: Rate, burst: Int) {
            var state = SharedBucketState(bucket: self, waiting: 0)
            var line: Deque<PermitPlace> = []
            state.update(rate: rate, burst: burst, &line)
        }
    }

    private static let rate = Rate(permits: 1, perNanoseconds: 10)

    /// Two callers, while the time of one permit passes.
    private static func ask(_ exchange: ModelBucket.Exchange, requests: Int, _ exploration: Exploration) {
        let bucket = ModelBucket(rate: rate, burst: 1, exchange: exchange, exploration)
        let granted = (0..<2).map { _ in
            exploration.thread { (0..<requests).count { _ in bucket.tryAcquire(1) } }
        }
        exploration.thread("time") { bucket.clock.addSequentiallyConsistent(10) }
        exploration.check {
            let total = granted.map(\.value).reduce(0, +)
            exploration.expect((1...2).contains(total), "\(total) permits of 2")
            bucket.clock.addSequentiallyConsistent(10)
            exploration.expect(bucket.tryAcquire(1) && !bucket.tryAcquire(1), "not just one after the next interval")
        }
    }

    @Test("Two callers are granted what there is and no more while time passes, whatever they see when")
    func admission() {
        let report = ScheduleExplorer(preemptions: 2).explore { Self.ask(.asIs, requests: 2, $0) }
        #expect(report.passed, "\(report)")
    }

    @Test("A bucket that refills by a look and a store grants one permit twice")
    func refillInTwoSteps() throws {
        let report = ScheduleExplorer(preemptions: 2).explore { Self.ask(.inTwoSteps, requests: 2, $0) }
        let failure = try #require(report.failure, "\(report)")
        #expect(failure.message.hasSuffix("permits of 2"), "\(failure)")
        #expect(failure.execution <= 500, "\(failure)")
    }

    /// A caller and an owner that changes the terms, twice.
    private static func changeTerms(_ exchange: ModelBucket.Exchange) -> ExplorationReport {
        ScheduleExplorer(preemptions: 2).explore { exploration in
            let bucket = ModelBucket(rate: Self.rate, burst: 2, exchange: exchange, exploration)
            let granted = exploration.thread("caller") { bucket.tryAcquire(2) }
            exploration.thread("owner") {
                // Both cost the same by the old and the new terms, whole; mixed, a permit is free or never to be had.
                bucket.update(rate: Rate(permits: 1, perNanoseconds: 1_000), burst: 2)
                bucket.update(rate: Self.rate, burst: 2)
            }
            exploration.check {
                exploration.expect(granted.value, "a full bucket refused")
                exploration.expect(!bucket.tryAcquire(1), "an empty bucket granted")
            }
        }
    }

    @Test("A caller never decides by terms half of which are old, while they are changed twice")
    func changingTerms() {
        let report = Self.changeTerms(.asIs)
        #expect(report.passed, "\(report)")
    }

    @Test("If a compare-exchange that fails didn't acquire, a caller would decide by terms half of which are old")
    func relaxedFailure() throws {
        let report = Self.changeTerms(.relaxedFailure)
        let failure = try #require(report.failure, "\(report)")
        #expect(failure.message == "a full bucket refused", "\(failure)")
        #expect(failure.execution <= 500, "\(failure)")
    }
}
