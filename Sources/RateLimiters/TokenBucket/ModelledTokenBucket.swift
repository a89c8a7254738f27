internal import DequeModule

/// A ``LockFreeTokenBucket``'s decision and its changes of terms on words that somebody else makes: what a model checker
/// explores. It is not for use, and has no line.
package final class ModelledTokenBucket: BucketWords {
    /// The words, each operation of which is as strong as its name says.
    package struct Words: Sendable {
        package var clock: @Sendable () -> UInt64
        package var loadAcquiring: @Sendable () -> UInt64
        /// Acquiring and releasing.
        package var exchange: @Sendable (_ expected: UInt64, _ desired: UInt64) -> Bool
        /// Of ``termCount`` words.
        package var loadTermAcquiring: @Sendable (_ index: Int) -> UInt64
        package var storeTermReleasing: @Sendable (_ index: Int, _ value: UInt64) -> Void

        package init(
            clock: @escaping @Sendable () -> UInt64,
            loadAcquiring: @escaping @Sendable () -> UInt64,
            exchange: @escaping @Sendable (UInt64, UInt64) -> Bool,
            loadTermAcquiring: @escaping @Sendable (Int) -> UInt64,
            storeTermReleasing: @escaping @Sendable (Int, UInt64) -> Void
        ) {
            self.clock = clock
            self.loadAcquiring = loadAcquiring
            self.exchange = exchange
            self.loadTermAcquiring = loadTermAcquiring
            self.storeTermReleasing = storeTermReleasing
        }
    }

    /// Two generations of terms.
    package static let termCount = 12

    private let words: Words

    /// A full bucket at time 0, on words that are 0.
    package init(rate: Rate, burst: Int, words: Words) {
        self.words = words
        let terms = TokenBucketAlgebra(rate: rate, burst: burst, originNanoseconds: 0)
        for generation: UInt64 in 0..<2 { store(terms, for: generation) }
    }

    @usableFromInline
    func nanoseconds() -> UInt64 { words.clock() }
    @usableFromInline
    func load() -> UInt64 { words.loadAcquiring() }

    @usableFromInline
    func weakExchange(_ expected: UInt64, for desired: UInt64) -> Bool { words.exchange(expected, desired) }

    @usableFromInline
    func exchange(_ expected: UInt64, for desired: UInt64) -> Bool { words.exchange(expected, desired) }

    private func index(_ term: Int, _ generation: UInt64) -> Int { 6 * Int(generation & 1) + term }

    @usableFromInline
    func terms(of word: UInt64) -> TokenBucketAlgebra {
        func load(_ term: Int) -> UInt64 { words.loadTermAcquiring(index(term, word)) }
        return TokenBucketAlgebra(
            cost: load(0),
            tolerance: load(1),
            burst: load(2),
            wholeUnits: load(3),
            fractionalUnits: load(4),
            originNanoseconds: load(5)
        )
    }

    @usableFromInline
    func store(_ terms: TokenBucketAlgebra, for generation: UInt64) {
        let values = [
            terms.cost, terms.tolerance, terms.burst, terms.wholeUnits, terms.fractionalUnits, terms.originNanoseconds,
        ]
        for (term, value) in values.enumerated() { words.storeTermReleasing(index(term, generation), value) }
    }

    @usableFromInline var waitingPermits: UInt64 { 0 }

    // In a model nobody pauses: others run whenever they like.
    @usableFromInline
    func stepBack(since now: UInt64) {}

    /// Whether so many permits are granted.
    package func tryAcquire(_ permits: UInt64) -> Bool {
        while true {
            if let answer = decide(permits) { return answer == .granted }
            var state = SharedBucketState(bucket: self, waiting: 0)
            var line: Deque<PermitPlace> = []
            state.mend(&line, atNanoseconds: nanoseconds())
        }
    }

    /// Changes the terms; one caller at a time.
    package func update(rate: Rate, burst: Int) {
        var state = SharedBucketState(bucket: self, waiting: 0)
        var line: Deque<PermitPlace> = []
        state.update(rate: rate, burst: burst, &line)
    }
}
