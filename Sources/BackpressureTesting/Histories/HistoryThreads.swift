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

    /// Runs one thread for each body and waits until all have ended.
    ///
    /// - Parameter stallSeed: if any, threads that let themselves be stalled are, where they don't see to that themselves; the
    ///   seed decides the order.
    static func run(_ bodies: [@Sendable () -> Void], stallSeed: UInt64?) {
        let running = RunningCount(bodies.count)
        let threads = bodies.map { body in
            start {
                body()
                running.count.wrappingSubtract(1, ordering: .releasing)
            }
        }
        #if !os(Linux)
        if let stallSeed {
            var generator = SeededGenerator(seed: stallSeed)
            // No thread is joined before the last signal was sent: until then its handle is valid.
            while running.count.load(ordering: .acquiring) > 0 {
                backpressure_stall(threads[Int(generator.next() % UInt64(threads.count))])
                var pause = timespec(tv_sec: 0, tv_nsec: Int(generator.next() % 30_000))
                nanosleep(&pause, nil)
            }
        }
        #endif
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
