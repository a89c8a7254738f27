import Dispatch

/// Whoever waits for a value, a task or a thread, and how to hand it over.
@usableFromInline
enum Waker<Value: Sendable>: Sendable {
    case task(UnsafeContinuation<Value, Never>)
    case thread(ParkedThread<Value>)

    /// Hands the value over. Exactly once, outside all locks.
    @inlinable
    func resume(returning value: Value) {
        switch self {
        case .task(let continuation): continuation.resume(returning: value)
        case .thread(let thread): thread.resume(returning: value)
        }
    }
}

/// A thread that waits for a value without costing processor time.
@usableFromInline
final class ParkedThread<Value: Sendable>: @unchecked Sendable {
    // Sendable: the value is written once, before the semaphore is signalled, and read after it was waited for.
    private var value: Value?
    private let semaphore = DispatchSemaphore(value: 0)

    @usableFromInline
    init() {}

    @usableFromInline
    func resume(returning value: Value) {
        self.value = value
        semaphore.signal()
    }

    /// Waits for the value; `nil`: it didn't come before the timeout.
    @usableFromInline
    func wait(nanoseconds: UInt64?) -> Value? {
        if let nanoseconds {
            guard semaphore.wait(timeout: .now() + .nanoseconds(Int(clamping: nanoseconds))) == .success else {
                return nil
            }
        } else {
            semaphore.wait()
        }
        return value
    }
}
