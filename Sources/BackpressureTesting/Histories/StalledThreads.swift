internal import CConcurrencySupport
internal import ConcurrencySupport
internal import Synchronization

/// Threads that contend for something and are stopped in the middle of what they do, again and again for some 5 to 120 µs, so
/// that half-done operations are met however few processors there are. See ``QueueHistoryRun/stallsThreads``.
package enum StalledThreads {
    /// Runs `body` on so many threads of our own, which begin together, and waits until all have ended. Blocks.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - seed: decides when each is stopped.
    ///   - body: what each does; it is told which it is, from 0.
    package static func run(_ count: Int, seed: UInt64, _ body: @escaping @Sendable (_ thread: Int) -> Void) {
        let gate = Gate(count)
        // Always in the middle of something. Outlives the threads, which are waited for.
        let isInside = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
        isInside.initialize(to: 1)
        defer { isInside.deallocate() }
        let address = UInt(bitPattern: isInside)
        HistoryThreads.run(
            (0..<count).map { thread in
                {
                    let isInside = UnsafePointer<UInt8>(bitPattern: address)
                    _ = backpressure_begin_stalls(isInside, UInt32(truncatingIfNeeded: seed &+ UInt64(thread)))
                    gate.wait()
                    body(thread)
                    backpressure_end_stalls()
                }
            },
            stallSeed: seed
        )
    }

    /// How often the thread that asks has been stopped since it began.
    package static var count: Int { Int(backpressure_stalls()) }

    private final class Gate: Sendable {
        private let absent: Atomic<Int>

        init(_ count: Int) { absent = Atomic(count) }

        func wait() {
            absent.wrappingSubtract(1, ordering: .acquiringAndReleasing)
            while absent.load(ordering: .acquiring) > 0 { Backoff.yieldThread() }
        }
    }
}
