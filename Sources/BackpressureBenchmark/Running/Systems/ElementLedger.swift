import ConcurrencySupport

/// Where the elements of a run have ended: counts that must add up.
struct ElementAccount: Codable, Sendable, Equatable {
    var offered = 0
    /// Given back to whoever offered them, who was told.
    var refused = 0
    var delivered = 0
    /// Nobody could process it; put where such elements go.
    var deadLettered = 0
    /// Still in the system when the run was over, and taken out of it.
    var left = 0
    /// Offered, and seen nowhere again.
    var lost = 0
    /// Seen again that had ended already, or that nobody had offered.
    var surplus = 0
    /// The most that were in the system at once.
    var peakInside = 0
}

/// Accounts for each element of a run by itself: where it has ended, and that it does so once. A lock; for loads whose
/// elements take their time.
final class ElementLedger: Sendable {
    /// Where an element can end.
    enum End: UInt8, Sendable {
        // 0 is an element that hasn't ended.
        case refused = 1
        case delivered, deadLettered, left
    }

    private struct State {
        /// 0: not yet.
        var ends: [UInt8]
        var account = ElementAccount()
        var inside = 0
    }

    private let state: Lock<State>

    /// - Parameter elements: how many there are, numbered from 0.
    init(elements: Int) {
        state = Lock(State(ends: Array(repeating: 0, count: elements)))
    }

    /// The next element is about to be offered; they come in the order of their numbers.
    func offer() {
        state.withLock { state in
            state.account.offered += 1
            state.inside += 1
            state.account.peakInside = max(state.account.peakInside, state.inside)
        }
    }

    /// An element has ended.
    ///
    /// - Returns: how many are still inside.
    @discardableResult
    func record(_ element: UInt64, _ end: End) -> Int {
        state.withLock { state in
            guard element < UInt64(state.account.offered), state.ends[Int(element)] == 0 else {
                state.account.surplus += 1
                return state.inside
            }
            state.ends[Int(element)] = end.rawValue
            switch end {
            case .refused: state.account.refused += 1
            case .delivered: state.account.delivered += 1
            case .deadLettered: state.account.deadLettered += 1
            case .left: state.account.left += 1
            }
            state.inside -= 1
            return state.inside
        }
    }

    /// What it all comes to, when nothing moves any more.
    func close() -> ElementAccount {
        state.withLock { state in
            var account = state.account
            account.lost = state.inside
            return account
        }
    }
}
