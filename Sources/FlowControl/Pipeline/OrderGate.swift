internal import ConcurrencySupport

/// Lets the elements of a stage with several workers out in the order in which they came in.
final class OrderGate: Sendable {
    private struct State: TaggedValue {
        /// The number that may go out now.
        var next: UInt64 = 0
        /// Those that are through before their turn.
        var through: Set<UInt64> = []
        var tag: UInt { 0 }
    }

    private let state = LatestValue<State, HardwareWord>(State())
    /// Who takes an element from the queue and gives it its number.
    let turn = Turn()

    /// Waits until all before this number are through; `false`: cancelled before.
    func wait(for number: UInt64) async -> Bool {
        while true {
            let (state, stamp) = state.read()
            if state.next == number { return true }
            guard await self.state.changed(since: stamp) else { return false }
        }
    }

    /// This number is through, or will never come.
    func pass(_ number: UInt64) {
        state.change { state in
            state.through.insert(number)
            let before = state.next
            while state.through.remove(state.next) != nil { state.next += 1 }
            return ((), state.next != before)
        }
    }
}
