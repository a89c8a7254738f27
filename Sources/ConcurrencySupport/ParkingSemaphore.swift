import Dispatch

/// What a thread parks on until another wakes it: a part of the seam that ``AtomicWord`` is.
public protocol ParkingSemaphore: Sendable {
    /// A semaphore that nobody has signalled.
    init()
    /// Lets one thread on, now or when it comes to wait.
    func signal()
    /// Holds this thread until it is let on. Costs no processor time meanwhile.
    func wait()
    /// The same for a time; `false`: it has passed.
    func wait(nanoseconds: Int) -> Bool
}

/// A ``ParkingSemaphore`` on the real machine.
public struct ThreadSemaphore: ParkingSemaphore {
    private let semaphore = DispatchSemaphore(value: 0)

    /// A semaphore that nobody has signalled.
    public init() {}

    /// Lets one thread on.
    public func signal() { semaphore.signal() }

    /// Holds this thread until it is let on.
    public func wait() { semaphore.wait() }

    /// The same for a time.
    public func wait(nanoseconds: Int) -> Bool {
        semaphore.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success
    }
}
