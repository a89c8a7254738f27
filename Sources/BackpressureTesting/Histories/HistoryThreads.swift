internal import CConcurrencySupport
import Synchronization

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// Threads of our own, outside the cooperative pool, for a history.
enum HistoryThreads {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Whom to stop while it is in the middle of an operation.
    struct Stalls {
        /// Decides who it is, of several.
        var generator: SeededGenerator
        /// Whether a thread is between a call and its return.
        var isInside: (Int) -> Bool
    }

    /// Runs one thread for each body and waits until all have ended.
    ///
    /// - Parameter stalls: if any, threads are stopped again and again for some 5 to 120 µs in the middle of an operation, while
    ///   the others go on. Without this, threads that outnumber the processors hardly ever meet there: they give way between
    ///   two operations.
    static func run(_ bodies: [@Sendable () -> Void], stalls: Stalls?) {
        let running = RunningCount(bodies.count)
        let threads = bodies.map { body in
            start {
                body()
                running.count.wrappingSubtract(1, ordering: .releasing)
            }
        }
        if var stalls, backpressure_prepare_stalls() != 0 {
            // No thread is joined before the last signal was sent: until then its handle is valid.
            while running.count.load(ordering: .acquiring) > 0 {
                // To wake up is what stops one where there is one processor only; the signal keeps it from going on next.
                var pause = timespec(tv_sec: 0, tv_nsec: Int(stalls.generator.next() % 30_000))
                nanosleep(&pause, nil)
                let first = Int(stalls.generator.next() % UInt64(threads.count))
                for offset in threads.indices {
                    let thread = (first + offset) % threads.count
                    if stalls.isInside(thread) {
                        backpressure_stall(threads[thread])
                        break
                    }
                }
            }
        }
        for thread in threads { pthread_join(thread, nil) }
    }

    private final class RunningCount: Sendable {
        let count: Atomic<Int>
        init(_ count: Int) { self.count = Atomic(count) }
    }

    private static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t {
        let context = Unmanaged.passRetained(Body(body)).toOpaque()
        #if canImport(Darwin)
        var handle: pthread_t?
        let status = pthread_create(&handle, nil, main, context)
        #else
        var handle = pthread_t()
        let status = pthread_create(&handle, nil, main, context)
        #endif
        precondition(status == 0, "the system gives no more threads (error \(status))")
        #if canImport(Darwin)
        return handle!
        #else
        return handle
        #endif
    }

    #if canImport(Darwin)
    private static let main: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { context in
        Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        return nil
    }
    #else
    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        context.map { Unmanaged<Body>.fromOpaque($0).takeRetainedValue().run() }
        return nil
    }
    #endif
}
