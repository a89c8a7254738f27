import Dispatch
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A thread of our own, outside the cooperative pool, that can be joined.
struct WorkerThread: ~Copyable {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    #if canImport(Darwin)
    private let handle: pthread_t?
    #else
    private let handle: pthread_t
    #endif

    /// Starts a thread that runs `body` once.
    init(_ body: @escaping @Sendable () -> Void) {
        let context = Unmanaged.passRetained(Body(body)).toOpaque()
        #if canImport(Darwin)
        var handle: pthread_t?
        #else
        var handle = pthread_t()
        #endif
        let status = pthread_create(&handle, nil, WorkerThread.start, context)
        precondition(status == 0, "the system gives no more threads: \(String(cString: strerror(status)))")
        self.handle = handle
    }

    /// Waits until the thread has ended.
    consuming func join() {
        #if canImport(Darwin)
        if let handle { pthread_join(handle, nil) }
        #else
        pthread_join(handle, nil)
        #endif
    }

    /// Lets the thread end by itself.
    consuming func detach() {
        #if canImport(Darwin)
        if let handle { pthread_detach(handle) }
        #else
        pthread_detach(handle)
        #endif
    }

    #if canImport(Darwin)
    private static let start: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { context in
        Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        return nil
    }
    #else
    private static let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        context.map { Unmanaged<Body>.fromOpaque($0).takeRetainedValue().run() }
        return nil
    }
    #endif
}

/// Workers of one run, threads or tasks, with one way to wait for them. Used from a thread outside the pool.
final class Workers {
    private var threads: [JoinableThread] = []
    private let tasks = DispatchGroup()

    private final class JoinableThread {
        private var thread: WorkerThread?
        init(_ thread: consuming WorkerThread) { self.thread = consume thread }
        func join() { thread.take()?.join() }
    }

    func startThread(_ body: @escaping @Sendable () -> Void) {
        threads.append(JoinableThread(WorkerThread(body)))
    }

    func startTask(_ body: @escaping @Sendable () async -> Void) {
        let tasks = tasks
        tasks.enter()
        Task.detached {
            await body()
            tasks.leave()
        }
    }

    /// Blocks until every worker has ended.
    func join() {
        for thread in threads { thread.join() }
        threads = []
        tasks.wait()
    }
}

/// Runs an async operation to its end while this thread, which must not be one of the pool's, blocks.
func waitFor<Value: Sendable>(_ operation: @escaping @Sendable () async -> Value) -> Value {
    let result = SharedResult<Value>()
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        let value = await operation()
        result.value.withLock { $0 = value }
        done.signal()
    }
    done.wait()
    // The semaphore is signalled only after the value was stored.
    return result.value.withLock { $0! }
}

private final class SharedResult<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
}
