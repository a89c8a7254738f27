import BackpressureTesting
import ConcurrencySupport

@testable import CircuitBreakers

/// Word for word what a ``LockFreeCircuitBreaker`` has on the machine, and the defects that its explorations must find.
final class ModelBreaker<Word: ExploredWord>: WordBreaker {
    /// How a result gets into the window.
    enum Judge {
        case asIs
        /// By the sums that were there before it is added.
        case beforeAdding
        /// By an addition to the sums that asks for no generation.
        case addingBlindly
    }

    /// How changes of state keep out of each other's way.
    enum Locking {
        case asIs
        case inTwoSteps
    }

    let words: BreakerWords<Word>
    // One system thread alone runs all logical ones.
    nonisolated(unsafe) var time: UInt64 = 1_000
    private nonisolated(unsafe) var phases: BreakerPhases
    private let locking: Locking

    init(_ settings: CircuitBreakerSettings, _ locking: Locking = .asIs) {
        let terms = BreakerTerms(settings)
        phases = BreakerPhases(terms: terms, nowNanoseconds: 1_000)
        words = BreakerWords(terms: terms, nowNanoseconds: 1_000)
        words.enter(phases)
        self.locking = locking
    }

    deinit { words.deallocate() }

    func nanoseconds() -> UInt64 { time }

    func publish(_ change: CircuitBreakerChange) {}

    func withLock<Result>(_ body: (inout BreakerPhases) -> Result) -> Result {
        var phases = phases
        if locking == .inTwoSteps {
            // Reads the words, so that others come in between.
            _ = words.control.loadRelaxed()
            defer { self.phases = phases }
            return body(&phases)
        }
        words.control.willLock()
        defer { words.control.didUnlock() }
        return body(&self.phases)
    }

    func state() -> CircuitState { withLock(\.state) }

    func record(_ permit: CallPermit, _ outcome: CallOutcome, _ judge: Judge) {
        switch judge {
        case .asIs: take(permit, outcome, durationNanoseconds: nil)
        case .beforeAdding, .addingBlindly: takeWrongly(permit, outcome, judge)
        }
    }

    private func takeWrongly(_ permit: CallPermit, _ outcome: CallOutcome, _ judge: Judge) {
        let generation = UInt(permit.generation)
        guard words.control.loadAcquiring() == BreakerWords<Word>.control(permit.generation, .closed) else {
            words.late.addRelaxed(1)
            return
        }
        let result = CallResult(bits: outcome.rawValue)
        let index = words.places.quotientAndRemainder(dividing: words.cursor.fetchAddRelaxed(1)).remainder
        let before = words.slot(index).loadRelaxed()
        words.slot(index).storeRelaxed(generation << 2 | UInt(result.bits))
        var sums = CallSums(word: words.sums.loadRelaxed())
        words.sums.addRelaxed(CallSums.difference(to: result, from: before, generation: generation))
        if judge == .addingBlindly { sums = CallSums(word: words.sums.loadRelaxed()) }
        if words.terms.areTooBad(calls: sums.calls, failures: sums.failures, slow: 0) { trip(generation) }
    }

    /// What the window holds, counted anew.
    func recount() -> CircuitBreakerStatistics.WindowCounts { words.recount(generation: phases.generation) }
}

extension BreakerWords {
    /// What a window of calls holds, counted anew.
    func recount(generation: UInt64) -> CircuitBreakerStatistics.WindowCounts {
        var counts = CircuitBreakerStatistics.WindowCounts()
        for index in 0..<places.divisor {
            let slot = slot(index).loadRelaxed()
            guard slot >> 2 == UInt(generation) else { continue }
            let result = CallResult(bits: UInt8(slot & 3))
            counts.calls += 1
            counts.failures += result.failures
            counts.slow += result.slow
        }
        return counts
    }
}

/// A word that the explorer knows.
protocol ExploredWord: AtomicWord {}

extension ModelWord: ExploredWord {}

/// A ``ModelWord`` whose acquiring loads acquire nothing.
struct ForgetfulWord: ExploredWord {
    typealias Semaphore = ModelSemaphore

    private let word: ModelWord

    init(at address: UnsafeMutableRawPointer) { word = ModelWord(at: address) }

    func initialize(to value: UInt) { word.initialize(to: value) }
    func loadRelaxed() -> UInt { word.loadRelaxed() }
    func loadAcquiring() -> UInt { word.loadRelaxed() }
    func loadSequentiallyConsistent() -> UInt { word.loadSequentiallyConsistent() }
    func storeRelaxed(_ value: UInt) { word.storeRelaxed(value) }
    func storeReleasing(_ value: UInt) { word.storeReleasing(value) }
    func storeSequentiallyConsistent(_ value: UInt) { word.storeSequentiallyConsistent(value) }
    func weakCompareExchangeSequentiallyConsistent(
        expected: UInt,
        desired: UInt
    ) -> (exchanged: Bool, original: UInt) {
        word.weakCompareExchangeSequentiallyConsistent(expected: expected, desired: desired)
    }
    func compareExchangeSequentiallyConsistent(
        expected: UInt,
        desired: UInt
    ) -> (exchanged: Bool, original: UInt) {
        word.compareExchangeSequentiallyConsistent(expected: expected, desired: desired)
    }
    func fetchOrSequentiallyConsistent(_ bits: UInt) -> UInt { word.fetchOrSequentiallyConsistent(bits) }
    func addSequentiallyConsistent(_ amount: UInt) { word.addSequentiallyConsistent(amount) }
    func addRelaxed(_ amount: UInt) { word.addRelaxed(amount) }
    func fetchAddSequentiallyConsistent(_ amount: UInt) -> UInt { word.fetchAddSequentiallyConsistent(amount) }
    func fetchAddRelaxed(_ amount: UInt) -> UInt { word.fetchAddRelaxed(amount) }
    static func fullFence() { ModelWord.fullFence() }
    static func lightFence() { ModelWord.lightFence() }
    static func heavyFence() { ModelWord.heavyFence() }
    static func willTouch(_ address: UnsafeMutableRawPointer) { ModelWord.willTouch(address) }
    func willLock() { word.willLock() }
    func didUnlock() { word.didUnlock() }
    static var backoff: Backoff { ModelWord.backoff }
    static func pause(_ backoff: inout Backoff) { ModelWord.pause(&backoff) }
    static func yieldThread() { ModelWord.yieldThread() }
}
