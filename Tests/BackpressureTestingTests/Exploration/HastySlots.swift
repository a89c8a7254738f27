import BackpressureTesting
import ConcurrencySupport

@testable import BoundedQueues

/// The slots of a ring on model words that say that they are empty when a pop that has found them so a moment ago looks
/// again, under the lock of the store: a mutant of the ring with a store. For one consumer.
struct HastySlots: SlotSource, ~Copyable {
    typealias Word = ModelWord

    private final class Looks: @unchecked Sendable {  // one system thread alone runs all logical ones
        var hasFoundEmpty = false
    }

    private let base: SharedSlots<ModelWord>
    private let looks = Looks()

    init(_ base: consuming SharedSlots<ModelWord>) { self.base = base }

    var isEmpty: Bool {
        if looks.hasFoundEmpty { return true }
        looks.hasFoundEmpty = base.isEmpty
        return looks.hasFoundEmpty
    }

    func attemptFilled() -> SlotClaim {
        looks.hasFoundEmpty = false
        return base.attemptFilled()
    }

    static var isShared: Bool { true }
    var capacity: UInt { base.capacity }
    var byteCount: Int { base.byteCount }
    func attemptFree() -> SlotClaim { base.attemptFree() }
    func claimFree(upTo count: UInt) -> SlotRun { base.claimFree(upTo: count) }
    func publish(_ claim: SlotClaim) { base.publish(claim) }
    func publish(_ run: SlotRun, filling fill: (UnsafeMutableRawPointer) -> Void) { base.publish(run, filling: fill) }
    func claimFilled(upTo count: UInt) -> SlotRun { base.claimFilled(upTo: count) }
    func release(_ claim: SlotClaim) { base.release(claim) }
    func release(_ run: SlotRun, emptying empty: (UnsafeMutableRawPointer) -> Void) {
        base.release(run, emptying: empty)
    }
    func address(_ claim: SlotClaim) -> UnsafeMutableRawPointer { base.address(claim) }
    func claimReplacement() -> SlotReplacement { base.claimReplacement() }
    func completeReplacement(_ replacement: SlotReplacement) -> Bool { base.completeReplacement(replacement) }
    func close() { base.close() }
    var isEmptyWithoutReplacement: Bool { base.isEmptyWithoutReplacement }
    var isClosedOrNotEmpty: Bool { base.isClosedOrNotEmpty }
    var isClosedOrNotFull: Bool { base.isClosedOrNotFull }
    var isFinished: Bool { base.isFinished }
    var isClosed: Bool { base.isClosed }
    var counts: (pushed: UInt64, popped: UInt64) { base.counts }
    func counter(_ counter: SlotCounter) -> ModelWord { base.counter(counter) }
    func hasWaitingConsumers(after claim: SlotClaim) -> Bool { base.hasWaitingConsumers(after: claim) }
    var hasWaitingConsumers: Bool { base.hasWaitingConsumers }
    var hasWaitingProducers: Bool { base.hasWaitingProducers }
    func orderWaiter() { base.orderWaiter() }
}
