internal import CFibers

/// A stack of its own for a logical thread, used for one piece of work after the other. All on one system thread.
final class Fiber {
    private var handle: OpaquePointer?
    private var work: (() -> Void)?

    init(stackBytes: Int = 512 << 10) {
        handle = backpressure_fiber_create(
            stackBytes,
            { context in
                guard let context else { return }
                while true {
                    // Not held across the suspension, so that a fiber without work can be released.
                    backpressure_fiber_suspend(Fiber.work(on: context))
                }
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
        precondition(handle != nil, "there is no memory for another \(stackBytes) bytes of stack")
    }

    deinit {
        if let handle { backpressure_fiber_destroy(handle) }
    }

    @inline(never)
    private static func work(on context: UnsafeMutableRawPointer) -> OpaquePointer {
        let fiber = Unmanaged<Fiber>.fromOpaque(context).takeUnretainedValue()
        fiber.work?()
        return fiber.validHandle
    }

    private var validHandle: OpaquePointer {
        guard let handle else { preconditionFailure("a fiber that could not be made is not used") }
        return handle
    }

    /// Gives it something to do, which begins at the next ``resume()``.
    func assign(_ work: @escaping () -> Void) { self.work = work }

    /// Releases the work, which has ended.
    func clear() { work = nil }

    /// Goes on with the work until it suspends or ends.
    func resume() { backpressure_fiber_resume(validHandle) }

    /// In the work: goes back to whoever resumed it.
    func suspend() { backpressure_fiber_suspend(validHandle) }

    /// Never again resumed in the middle of its work: what lies on its stack stays there for good.
    func abandon() { _ = Unmanaged.passRetained(self) }
}
