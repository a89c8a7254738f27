import ConcurrencySupport
import Testing

/// A bounded queue of numbers behind a lock, right but for one flaw.
final class FlawedQueue: Sendable {
    enum Flaw: String, Sendable, CaseIterable, CustomTestStringConvertible {
        case none
        case losesOneIn100000
        case swapsOneIn65536
        /// Now and then takes over what its first slot held a lap before.
        case duplicatesOnWrap
        case holdsOneTooMany
        case holdsOneTooFew
        case saysEmptyFalsely
        case saysFullFalsely
        case lastInFirstOut
        /// Claims a slot, and fills it only later: until then the queue looks empty, whatever stands behind.
        case fillsLate

        var testDescription: String { rawValue }
    }

    private struct State {
        var slots: [UInt64?]
        var head = 0
        var tail = 0
        var pushes = 0
        var pops = 0
        var stale: UInt64?
    }

    let capacity: Int
    private let flaw: Flaw
    private let state: Lock<State>

    init(capacity: Int, flaw: Flaw) {
        self.capacity = capacity
        self.flaw = flaw
        state = Lock(State(slots: Array(repeating: nil, count: capacity + 1)))
    }

    private var bound: Int {
        switch flaw {
        case .holdsOneTooMany: capacity + 1
        case .holdsOneTooFew: capacity - 1
        default: capacity
        }
    }

    func tryPush(_ value: UInt64) -> Bool {
        let slot = state.withLock { state -> Int? in
            state.pushes += 1
            guard state.tail - state.head < bound else { return nil }
            if flaw == .saysFullFalsely, state.pushes % 1_000 == 0 { return nil }
            if flaw == .losesOneIn100000, state.pushes % 100_000 == 0 { return -1 }
            let slot = state.tail % state.slots.count
            state.tail += 1
            if flaw != .fillsLate { state.slots[slot] = value }
            if flaw == .duplicatesOnWrap, slot == 0, state.tail > 1_000, let stale = state.stale {
                state.slots[slot] = stale
            }
            if slot == 0 { state.stale = value }
            let before = (slot + state.slots.count - 1) % state.slots.count
            if flaw == .swapsOneIn65536, state.pushes >= 65_536, state.tail - state.head > 1 {
                state.slots.swapAt(slot, before)
                state.pushes = 0
            }
            return slot
        }
        guard let slot else { return false }
        if flaw == .fillsLate {
            // Others come between, also where there is one processor only.
            if value % 8 == 0 { Backoff.yieldThread() }
            state.withLock { $0.slots[slot] = value }
        }
        return true
    }

    func tryPop() -> UInt64? {
        state.withLock { state in
            state.pops += 1
            guard state.tail > state.head else { return nil }
            if flaw == .saysEmptyFalsely, state.pops % 1_000 == 0 { return nil }
            if flaw == .lastInFirstOut {
                state.tail -= 1
                return state.slots[state.tail % state.slots.count]
            }
            let slot = state.head % state.slots.count
            guard let value = state.slots[slot] else { return nil }
            state.head += 1
            state.slots[slot] = nil
            return value
        }
    }
}
