internal import ConcurrencySupport

/// The value of a job that somebody waits for.
final class JobOutcome<Value: Sendable>: Sendable {
    private struct State {
        var result: Result<Value, any Error>?
        var waiter: UnsafeContinuation<Result<Value, any Error>, Never>?
        var task: Task<Void, Never>?
        var isBegun = false
        var isCancelled = false
    }

    private let state = Lock(State())

    /// Runs the work, unless its caller has given up, in a task that the caller can cancel.
    func run(_ work: @escaping @Sendable () async throws -> Value) async {
        let mayBegin = state.withLock { state in
            state.isBegun = !state.isCancelled
            return state.isBegun
        }
        guard mayBegin else { return }
        let task = Task {
            do { finish(.success(try await work())) } catch { finish(.failure(error)) }
        }
        let isCancelled = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// The caller gives up: work that hasn't begun never will, and work that has is cancelled.
    func cancel() {
        let (task, isBegun) = state.withLock { state in
            state.isCancelled = true
            return (state.task, state.isBegun)
        }
        task?.cancel()
        if !isBegun { finish(.failure(CancellationError())) }
    }

    /// The first result counts.
    func finish(_ result: Result<Value, any Error>) {
        let waiter = state.withLock { state -> UnsafeContinuation<Result<Value, any Error>, Never>? in
            guard state.result == nil else { return nil }
            state.result = result
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: result)
    }

    var value: Value {
        get async throws {
            let result = await withUnsafeContinuation { continuation in
                let result = state.withLock { state -> Result<Value, any Error>? in
                    if state.result == nil { state.waiter = continuation }
                    return state.result
                }
                if let result { continuation.resume(returning: result) }
            }
            return try result.get()
        }
    }
}
