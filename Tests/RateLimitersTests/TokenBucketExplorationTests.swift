import BackpressureTesting
import ConcurrencySupport
import RateLimiters
import Testing

/// The decisions of ``LockFreeTokenBucket``, on model words.
@Suite("Token bucket in every schedule")
struct TokenBucketExplorationTests {
    /// The bucket on model words, and a clock that a thread advances.
    private struct ModelBucket: Sendable {
        let clock: ModelWord
        let bucket: ModelledTokenBucket

        /// What of the word is other than it should be.
        enum Mistake { case relaxedLoad, exchangeInTwoSteps }

        init(rate: Rate, burst: Int, mistake: Mistake?, _ exploration: Exploration) {
            let memory = exploration.words(2)
            let clock = ModelWord(at: memory).named("clock")
            let word = ModelWord(at: memory + 8).named("bucket")
            let terms = exploration.words(ModelledTokenBucket.termCount)
            let termWords = (0..<ModelledTokenBucket.termCount).map { ModelWord(at: terms + 8 * $0) }
            self.clock = clock
            bucket = ModelledTokenBucket(
                rate: rate,
                burst: burst,
                words: ModelledTokenBucket.Words(
                    // A clock of the machine is never seen to go back by anyone.
                    clock: { UInt64(clock.loadSequentiallyConsistent()) },
                    loadAcquiring: {
                        UInt64(mistake == .relaxedLoad ? word.loadRelaxed() : word.loadAcquiring())
                    },
                    exchange: {
                        mistake == .exchangeInTwoSteps
                            ? Self.exchangeInTwoSteps(word, UInt($0), UInt($1))
                            : word.compareExchangeAcquiringAndReleasing(expected: UInt($0), desired: UInt($1)).exchanged
                    },
                    loadTermAcquiring: { UInt64(termWords[$0].loadAcquiring()) },
                    storeTermReleasing: { termWords[$0].storeReleasing(UInt($1)) }
                )
            )
        }

        private static func exchangeInTwoSteps(_ word: ModelWord, _ old: UInt, _ new: UInt) -> Bool {
            guard word.loadAcquiring() == old else { return false }
            word.storeReleasing(new)
            return true
        }

        func tryAcquire(_ permits: UInt64) -> Bool { bucket.tryAcquire(permits) }
        func update(rate: Rate, burst: Int) { bucket.update(rate: rate, burst: burst) }
    }

    private static let rate = Rate(permits: 1, perNanoseconds: 10)

    /// Two callers, while the time of one permit passes.
    private static func ask(_ mistake: ModelBucket.Mistake?, requests: Int, _ exploration: Exploration) {
        let bucket = ModelBucket(rate: rate, burst: 1, mistake: mistake, exploration)
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
        let report = ScheduleExplorer(preemptions: 2).explore { Self.ask(nil, requests: 2, $0) }
        #expect(report.passed, "\(report)")
    }

    @Test("A bucket that refills by a look and a store grants one permit twice")
    func refillInTwoSteps() throws {
        let report = ScheduleExplorer(preemptions: 2).explore { Self.ask(.exchangeInTwoSteps, requests: 2, $0) }
        let failure = try #require(report.failure, "\(report)")
        #expect(failure.message.hasSuffix("permits of 2"), "\(failure)")
        #expect(failure.execution <= 500, "\(failure)")
    }

    /// A caller and an owner that changes the terms, twice.
    private static func changeTerms(_ mistake: ModelBucket.Mistake?) -> ExplorationReport {
        ScheduleExplorer(preemptions: 2).explore { exploration in
            let bucket = ModelBucket(rate: Self.rate, burst: 2, mistake: mistake, exploration)
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
        let report = Self.changeTerms(nil)
        #expect(report.passed, "\(report)")
    }

    @Test("If the word's load didn't acquire, a caller would decide by terms half of which are old")
    func relaxedLoad() throws {
        let report = Self.changeTerms(.relaxedLoad)
        let failure = try #require(report.failure, "\(report)")
        #expect(failure.message == "a full bucket refused", "\(failure)")
        #expect(failure.execution <= 500, "\(failure)")
    }
}
