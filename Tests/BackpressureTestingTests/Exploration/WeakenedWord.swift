import BackpressureTesting
import ConcurrencySupport

/// What is left out of the memory orderings that code asks for: a mutant of whatever is made of ``WeakenedWord``.
protocol Weakness: Sendable {
    static var releases: Bool { get }
    static var acquires: Bool { get }
    static var isSequential: Bool { get }
    static var hasLightFences: Bool { get }
    static var hasHeavyFences: Bool { get }
    /// Whether the heavy fence reaches other threads; a light one is nothing if it doesn't.
    static var isAsymmetric: Bool { get }
    static var hasFullFences: Bool { get }
    static var exchangesInOneStep: Bool { get }
    static var addsInOneStep: Bool { get }
}

extension Weakness {
    static var releases: Bool { true }
    static var acquires: Bool { true }
    static var isSequential: Bool { true }
    static var hasLightFences: Bool { true }
    static var hasHeavyFences: Bool { true }
    static var isAsymmetric: Bool { true }
    static var hasFullFences: Bool { true }
    static var exchangesInOneStep: Bool { true }
    static var addsInOneStep: Bool { true }
}

enum WithoutRelease: Weakness { static var releases: Bool { false } }
enum WithoutAcquire: Weakness { static var acquires: Bool { false } }
/// Sequentially consistent operations acquire and release, no more.
enum WithoutTotalOrder: Weakness { static var isSequential: Bool { false } }
enum WithoutLightFences: Weakness { static var hasLightFences: Bool { false } }
enum WithoutHeavyFences: Weakness { static var hasHeavyFences: Bool { false } }
/// No weakness but a system on which each thread fences for itself.
enum WithoutAsymmetry: Weakness { static var isAsymmetric: Bool { false } }
enum WithoutFullFences: Weakness {
    static var isAsymmetric: Bool { false }
    static var hasFullFences: Bool { false }
}
/// A compare-exchange is a load, a comparison and a store.
enum CheckThenAct: Weakness { static var exchangesInOneStep: Bool { false } }
/// An addition is a load and a store.
enum LoadThenStore: Weakness { static var addsInOneStep: Bool { false } }

/// A model word that does less than it is asked for.
struct WeakenedWord<Kind: Weakness>: AtomicWord {
    typealias Semaphore = ModelSemaphore

    private let word: ModelWord

    init(at address: UnsafeMutableRawPointer) { word = ModelWord(at: address) }

    func initialize(to value: UInt) { word.initialize(to: value) }
    func loadRelaxed() -> UInt { word.loadRelaxed() }
    func loadAcquiring() -> UInt { Kind.acquires ? word.loadAcquiring() : word.loadRelaxed() }
    func loadSequentiallyConsistent() -> UInt {
        Kind.isSequential ? word.loadSequentiallyConsistent() : word.loadAcquiring()
    }
    func storeRelaxed(_ value: UInt) { word.storeRelaxed(value) }
    func storeReleasing(_ value: UInt) {
        if Kind.releases { word.storeReleasing(value) } else { word.storeRelaxed(value) }
    }
    func storeSequentiallyConsistent(_ value: UInt) {
        if Kind.isSequential { word.storeSequentiallyConsistent(value) } else { word.storeReleasing(value) }
    }
    func weakCompareExchangeSequentiallyConsistent(
        expected: UInt,
        desired: UInt
    ) -> (exchanged: Bool, original: UInt) {
        compareExchangeSequentiallyConsistent(expected: expected, desired: desired)
    }
    func compareExchangeSequentiallyConsistent(expected: UInt, desired: UInt) -> (exchanged: Bool, original: UInt) {
        if Kind.exchangesInOneStep {
            return word.compareExchangeSequentiallyConsistent(expected: expected, desired: desired)
        }
        let original = word.loadSequentiallyConsistent()
        if original == expected { word.storeSequentiallyConsistent(desired) }
        return (original == expected, original)
    }
    func fetchOrSequentiallyConsistent(_ bits: UInt) -> UInt { word.fetchOrSequentiallyConsistent(bits) }
    func addSequentiallyConsistent(_ amount: UInt) { _ = fetchAddSequentiallyConsistent(amount) }
    func fetchAddSequentiallyConsistent(_ amount: UInt) -> UInt {
        if Kind.addsInOneStep { return word.fetchAddSequentiallyConsistent(amount) }
        let original = word.loadSequentiallyConsistent()
        word.storeSequentiallyConsistent(original &+ amount)
        return original
    }
    func addRelaxed(_ amount: UInt) { word.addRelaxed(amount) }
    func fetchAddRelaxed(_ amount: UInt) -> UInt { word.fetchAddRelaxed(amount) }

    static var hasHeavyFence: Bool { Kind.isAsymmetric }
    static func lightFence() { if Kind.hasLightFences, Kind.isAsymmetric { ModelWord.lightFence() } }
    static func fullFence() { if Kind.hasFullFences { ModelWord.fullFence() } }
    static func heavyFence() { if Kind.hasHeavyFences { ModelWord.heavyFence() } }
    static func willTouch(_ address: UnsafeMutableRawPointer) { ModelWord.willTouch(address) }
    func willLock() { word.willLock() }
    func didUnlock() { word.didUnlock() }
    static var backoff: Backoff { ModelWord.backoff }
    static func pause(_ backoff: inout Backoff) { ModelWord.pause(&backoff) }
    static func yieldThread() { ModelWord.yieldThread() }
}
