import BackpressureTesting
import ConcurrencySupport
import RateLimiters

extension ExtraVerification {
    /// The decision of the lock-free token bucket in every schedule of a few requests, within bounds.
    static var exploredTokenBucket: ExtraVerification {
        explored([asking, changingTerms], heldTo: "token bucket")
    }

    private static let rate = Rate(permits: 1, perNanoseconds: 10)

    /// Two callers, while the time of one permit passes.
    private static var asking: ExploredScene {
        ExploredScene(name: "2 callers, 2 requests each, while a permit is earned", operations: 4, preemptions: 2) {
            exploration in
            let (bucket, clock) = bucket(burst: 1, exploration)
            let granted = (0..<2).map { _ in
                exploration.thread { (0..<2).count { _ in bucket.tryAcquire(1) } }
            }
            exploration.thread("time") { clock.addSequentiallyConsistent(10) }
            exploration.check {
                let total = granted.map(\.value).reduce(0, +)
                exploration.expect(
                    (1...2).contains(total),
                    "\(total) permits were granted, 1 was there and 1 was earned"
                )
                clock.addSequentiallyConsistent(10)
                exploration.expect(
                    bucket.tryAcquire(1) && !bucket.tryAcquire(1),
                    "after the next interval there isn't just one permit"
                )
            }
        }
    }

    /// A caller and an owner that changes the terms, twice. Both cost the same by the old and the new terms, whole; mixed, a
    /// permit is free or never to be had.
    private static var changingTerms: ExploredScene {
        ExploredScene(name: "a caller, while the rate is changed twice", operations: 3, preemptions: 2) { exploration in
            let (bucket, _) = bucket(burst: 2, exploration)
            let granted = exploration.thread("caller") { bucket.tryAcquire(2) }
            exploration.thread("owner") {
                bucket.update(rate: Rate(permits: 1, perNanoseconds: 1_000), burst: 2)
                bucket.update(rate: rate, burst: 2)
            }
            exploration.check {
                exploration.expect(granted.value, "a full bucket refused")
                exploration.expect(!bucket.tryAcquire(1), "an empty bucket granted")
            }
        }
    }

    private static func bucket(
        burst: Int,
        _ exploration: Exploration
    ) -> (ModelledTokenBucket, clock: ModelWord) {
        let memory = exploration.words(2)
        let clock = ModelWord(at: memory).named("clock")
        let word = ModelWord(at: memory + 8).named("bucket")
        let terms = exploration.words(ModelledTokenBucket.termCount)
        let termWords = (0..<ModelledTokenBucket.termCount).map { ModelWord(at: terms + 8 * $0) }
        let words = ModelledTokenBucket.Words(
            // A clock of the machine is never seen to go back by anyone.
            clock: { UInt64(clock.loadSequentiallyConsistent()) },
            loadAcquiring: { UInt64(word.loadAcquiring()) },
            exchange: { word.compareExchangeAcquiringAndReleasing(expected: UInt($0), desired: UInt($1)).exchanged },
            loadTermAcquiring: { UInt64(termWords[$0].loadAcquiring()) },
            storeTermReleasing: { termWords[$0].storeReleasing(UInt($1)) }
        )
        return (ModelledTokenBucket(rate: rate, burst: burst, words: words), clock)
    }
}
