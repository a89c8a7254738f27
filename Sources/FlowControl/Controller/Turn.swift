internal import ConcurrencySupport

/// Lets one task at a time do something, first come first served.
final class Turn: Sendable {
    private struct Waiter {
        var number: UInt64
        var continuation: UnsafeContinuation<Bool, Never>
    }

    private struct State {
        var isTaken = false
        var waiters: [Waiter] = []
        var nextNumber: UInt64 = 0
    }

    private let state = Lock(State())

    /// Waits until it is this task's turn; `false`: cancelled before.
    func takeUnlessCancelled() async -> Bool {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        return await withTaskCancellationHandler {
            await take(number: number) { Task.isCancelled }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
    }

    /// Waits until it is this task's turn, whether it is cancelled or not.
    func take() async {
        _ = await take(number: 0) { false }
    }

    /// Lets the next one have its turn.
    func giveBack() {
        let next = state.withLock { state -> Waiter? in
            guard state.waiters.isEmpty else { return state.waiters.removeFirst() }
            state.isTaken = false
            return nil
        }
        next?.continuation.resume(returning: true)
    }

    private func take(number: UInt64, unless isCancelled: () -> Bool) async -> Bool {
        await withUnsafeContinuation { continuation in
            // Looked at under the lock: a cancellation before has run its handler in vain, one after it finds the waiter.
            let result = state.withLock { state -> Bool? in
                if isCancelled() { return false }
                guard state.isTaken else {
                    state.isTaken = true
                    return true
                }
                state.waiters.append(Waiter(number: number, continuation: continuation))
                return nil
            }
            if let result { continuation.resume(returning: result) }
        }
    }
}
