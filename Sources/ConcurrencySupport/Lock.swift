#if canImport(Darwin)
public import Synchronization
#elseif canImport(Musl)
public import Musl
#else
public import Glibc
#endif

#if canImport(Darwin)
/// A lock around a value: `Synchronization.Mutex`, which is an `os_unfair_lock` here.
public typealias Lock = Mutex
#else
/// A lock around a value, for sections of some instructions.
///
/// On Linux `Synchronization.Mutex` is a priority-inheriting futex: each contended unlock hands the lock over through the
/// kernel, and with more threads than processors throughput falls by a factor of a hundred and more (swift issue 88440).
/// A plain `pthread_mutex_t` lets whoever runs take the lock.
public struct Lock<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    // Sendable because the value is reached only inside `withLock`.
    // One piece of memory, mutex first, so that whoever takes the lock from another processor gets the value's first
    // words with the same cache line.
    @usableFromInline let memory: UnsafeMutableRawPointer

    @inlinable @inline(__always)
    var mutex: UnsafeMutablePointer<pthread_mutex_t> { memory.assumingMemoryBound(to: pthread_mutex_t.self) }

    @inlinable @inline(__always)
    var value: UnsafeMutablePointer<Value> { (memory + Self.valueOffset).assumingMemoryBound(to: Value.self) }

    @inlinable @inline(__always)
    static var valueOffset: Int {
        let alignment = MemoryLayout<Value>.alignment
        return (MemoryLayout<pthread_mutex_t>.size &+ alignment &- 1) & ~(alignment &- 1)
    }

    /// A lock, free, around `initialValue`.
    @inlinable
    public init(_ initialValue: consuming sending Value) {
        memory = .allocate(
            byteCount: Self.valueOffset + MemoryLayout<Value>.size,
            alignment: max(64, MemoryLayout<Value>.alignment)
        )
        memory.initializeMemory(as: pthread_mutex_t.self, to: pthread_mutex_t())
        let status = pthread_mutex_init(memory.assumingMemoryBound(to: pthread_mutex_t.self), nil)
        precondition(status == 0, "the system gives no more mutexes (error \(status))")
        (memory + Self.valueOffset).assumingMemoryBound(to: Value.self).initialize(to: initialValue)
    }

    @inlinable
    deinit {
        pthread_mutex_destroy(mutex)
        value.deinitialize(count: 1)
        memory.deallocate()
    }

    /// Runs `body` with the value while nobody else can. Not recursive.
    @inlinable @inline(__always)
    public borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value.pointee)
    }
}
#endif
