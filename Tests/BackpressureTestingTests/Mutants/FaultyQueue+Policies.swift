import BackpressureTesting
import ConcurrencySupport

@testable import BoundedQueues

// Sampling, throttling and spilling.
extension FaultyQueue {
    func isSampledOut(_ state: inout State) -> Bool {
        let begin = defect == .samplesFromTheStart ? 0 : policy.samplingDepth(capacity: capacity)
        guard state.elements.count >= begin else { return false }
        state.offersSampled += 1
        let isSampledOut = state.offersSampled % policy.interval != 1 % policy.interval
        if isSampledOut { state.statistics.sampledOut += 1 }
        return isSampledOut
    }

    /// Counts a drop of an offer that was sampled out, or found the queue full.
    func countDrop(_ state: inout State) -> DropReason {
        state.statistics.dropped += 1
        state.statistics.refused += 1
        let isFull = state.elements.count == capacity
        let wasSampledOut = state.offersSampled % policy.interval != 1 % policy.interval
        return defect == .callsSampledOutFull || (isFull && !wasSampledOut) ? .full : .sampledOut
    }

    /// Waits as long as the policy says; `false`: cancelled meanwhile.
    func delay() async -> Bool {
        let (depth, isClosed) = state.withLock { ($0.elements.count, $0.isClosed) }
        var delay = policy.delayNanoseconds(depth: depth, capacity: capacity)
        if defect == .delaysTooLong { delay *= 2 }
        guard delay > 0, defect != .neverDelays, !isClosed else { return true }
        let start = clock.nanoseconds()
        let hasSlept = (try? await clock.sleep(untilNanoseconds: start + delay)) != nil
        let end = clock.nanoseconds()
        state.withLock { $0.statistics.blockedNanoseconds += end - start }
        return hasSlept
    }

    func store(_ element: Int, _ state: inout State) {
        state.statistics.accepted += 1
        state.statistics.spilled += 1
        if defect == .losesOneStoredInAThousand, state.statistics.spilled % 1_000 == 0 { return }
        state.stored.append(element)
    }
}
