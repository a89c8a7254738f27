import ConcurrencySupport

/// Runs asynchronous code to its end while this thread, libFuzzer's, waits for it.
func runBlocking<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) -> Result {
    let result = Lock<Result?>(nil)
    let done = ThreadSemaphore()
    Task.detached {
        let value = await body()
        result.withLock { $0 = value }
        done.signal()
    }
    done.wait()
    guard let value = result.withLock({ $0 }) else { Fuzzing.fail("a task ended without a result") }
    return value
}
