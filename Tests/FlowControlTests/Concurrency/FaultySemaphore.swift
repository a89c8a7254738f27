import BackpressureTesting
import ConcurrencySupport
import FlowControl

/// A plain semaphore behind a lock, written apart from the package's own, with at most one defect.
final class FaultySemaphore: AdjustableConcurrencyLimit {
    private struct Waiter {
        var number: Int
        var weight: Int
        var continuation: UnsafeContinuation<PermitError?, Never>
    }

    private struct State {
        var limit: Int
        var inUse = 0
        var waiters: [Waiter] = []
        var nextNumber = 0
        var granted: UInt64 = 0
        var refused: UInt64 = 0
        var peak = 0
    }

    private let state: Lock<State>
    private let clock: ManualClock
    private let defect: SemaphoreDefect

    init(_ limit: Int, _ clock: ManualClock, _ defect: SemaphoreDefect) {
        state = Lock(State(limit: limit))
        self.clock = clock
        self.defect = defect
    }

    func tryAcquire(_ weight: Int) async -> PermitAcquisition {
        if defect == .checkThenAct {
            let fits = state.withLock { $0.waiters.isEmpty && $0.inUse + weight <= $0.limit }
            guard fits else { return refuse(weight) }
            await Task.yield()
            state.withLock { take(weight, &$0) }
            return .granted
        }
        let isGranted = state.withLock { state in
            guard state.waiters.isEmpty || defect == .newcomerPassesLine, fits(weight, state) else { return false }
            take(weight, &state)
            return true
        }
        return isGranted ? .granted : refuse(weight)
    }

    private func refuse(_ weight: Int) -> PermitAcquisition {
        state.withLock { state in
            if defect != .refusalsUncounted { state.refused += 1 }
            return weight > state.limit ? .exceedsLimit : .refused
        }
    }

    func acquire(_ weight: Int, timeout: Duration?) async throws(PermitError) {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        var timeout = timeout
        if defect == .zeroTimeoutWaits, timeout == .zero { timeout = nil }
        let deadline = timeout.map { clock.nanoseconds() + UInt64($0 / .nanoseconds(1)) }
        let error = await withTaskCancellationHandler {
            var timer: Task<Void, Never>?
            let error = await withUnsafeContinuation { continuation in
                let answer = state.withLock { state -> PermitError?? in
                    if Task.isCancelled { return .some(.cancelled) }
                    if weight > state.limit, defect != .overweightWaits { return .some(.exceedsLimit) }
                    if state.waiters.isEmpty, fits(weight, state) {
                        take(weight, &state)
                        return .some(nil)
                    }
                    if deadline == clock.nanoseconds() { return .some(.timedOut) }
                    state.waiters.append(Waiter(number: number, weight: weight, continuation: continuation))
                    return nil
                }
                if let answer {
                    if answer != nil { state.withLock { $0.refused += 1 } }
                    continuation.resume(returning: answer)
                } else if let deadline, defect != .deadlineForgotten {
                    timer = Task {
                        guard (try? await self.clock.sleep(untilNanoseconds: deadline)) != nil else { return }
                        self.leave(number, .timedOut)
                    }
                }
            }
            timer?.cancel()
            return error
        } onCancel: {
            leave(number, .cancelled)
        }
        if let error { throw error }
    }

    func release(_ weight: Int) {
        wake { state in
            state.inUse -= weight
            if self.defect == .releaseWakesNobody { return [] }
            return self.grant(&state, most: self.defect == .releaseWakesOne ? 1 : .max)
        }
    }

    func setLimit(_ limit: Int) {
        wake { state in
            if self.defect == .shrinkForgotten, limit < state.limit { return [] }
            state.limit = limit
            let tooHeavy = self.defect == .overweightWaitsOn ? [] : state.waiters.filter { $0.weight > limit }
            state.waiters.removeAll { waiter in tooHeavy.contains { $0.number == waiter.number } }
            state.refused += UInt64(tooHeavy.count)
            let granted = self.defect == .growthWakesNobody ? [] : self.grant(&state)
            return tooHeavy.map { ($0.continuation, .exceedsLimit) } + granted
        }
    }

    func statistics() -> ConcurrencyLimitStatistics {
        state.withLock { state in
            ConcurrencyLimitStatistics(
                limit: state.limit,
                inUse: state.inUse,
                waiting: state.waiters.count,
                granted: state.granted,
                refused: state.refused,
                peakInUse: state.peak
            )
        }
    }

    nonisolated(nonsending) func withPermit<Value>(
        _ weight: Int,
        timeout: Duration?,
        _ body: () async throws -> Value
    ) async throws -> Value {
        try await acquire(weight, timeout: timeout)
        do {
            let value = try await body()
            release(weight)
            return value
        } catch {
            if defect != .scopeLeaksOnThrow { release(weight) }
            throw error
        }
    }

    private typealias Wakes = [(UnsafeContinuation<PermitError?, Never>, PermitError?)]

    private func wake(_ change: @Sendable (inout State) -> Wakes) {
        for (continuation, error) in state.withLock({ change(&$0) }) { continuation.resume(returning: error) }
    }

    private func leave(_ number: Int, _ error: PermitError) {
        wake { state in
            guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return [] }
            let waiter = state.waiters.remove(at: index)
            state.refused += 1
            if self.defect == .permitLostOnCancel, error == .cancelled { state.inUse += waiter.weight }
            let granted = self.defect == .cancellationHoldsUpLine ? [] : self.grant(&state)
            return [(waiter.continuation, error)] + granted
        }
    }

    private func fits(_ weight: Int, _ state: State) -> Bool {
        state.inUse + weight <= state.limit + (defect == .overAdmission ? 1 : 0)
    }

    private func take(_ weight: Int, _ state: inout State) {
        state.inUse += weight
        state.granted += 1
        state.peak = max(state.peak, state.inUse)
    }

    private func grant(_ state: inout State, most: Int = .max) -> Wakes {
        var wakes: Wakes = []
        while wakes.count < most {
            let index =
                defect == .smallPassesBig
                ? state.waiters.firstIndex { fits($0.weight, state) } : state.waiters.isEmpty ? nil : 0
            guard let index, fits(state.waiters[index].weight, state) else { break }
            let waiter = state.waiters.remove(at: index)
            take(waiter.weight, &state)
            wakes.append((waiter.continuation, nil))
        }
        return wakes
    }
}
