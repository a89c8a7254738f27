public import BackpressureMonitoring
public import BoundedQueues
public import CircuitBreakers
public import ConcurrencySupport
public import RateLimiters

// The operations that must be fast, each alone in a function with a name of its own, compiled in another module than the
// mechanisms: `check` reads their machine code. They take pointers, because a reference would come with its retain.

/// A push and a pop of the ring for many.
@_silgen_name("hot_ring_pair")
public func ringPair(_ queue: UnsafeRawPointer, _ word: UInt64) -> UInt64 {
    pair(of: RingQueue<UInt64>.self, queue, word)
}

/// A push and a pop of the ring for one producer and one consumer.
@_silgen_name("hot_single_ring_pair")
public func singleRingPair(_ queue: UnsafeRawPointer, _ word: UInt64) -> UInt64 {
    pair(of: SingleRingQueue<UInt64>.self, queue, word)
}

/// A push and a pop of the queue behind a lock.
@_silgen_name("hot_mutex_pair")
public func mutexPair(_ queue: UnsafeRawPointer, _ word: UInt64) -> UInt64 {
    pair(of: MutexQueue<UInt64>.self, queue, word)
}

// A push and a pop of the priority queue apart: together they are too much to be inlined.

/// A push to the priority queue without a lock. Its rings are chosen among four.
@_silgen_name("hot_priority_ring_push")
public func priorityRingPush(_ queue: RingPriorityQueue<UInt64>, _ word: UInt64) -> Bool {
    queue.tryPush(word, priority: .normal).isAccepted
}

/// A pop from it.
@_silgen_name("hot_priority_ring_pop")
public func priorityRingPop(_ queue: RingPriorityQueue<UInt64>) -> UInt64 {
    queue.tryPop()?.element ?? 0
}

/// A request to the token bucket without a lock, on the machine's clock. It is called once, so the caller's reference does.
@_silgen_name("hot_token_bucket")
public func tokenBucket(_ bucket: LockFreeTokenBucket<SystemNanosecondClock>) -> Bool {
    bucket.tryAcquire(1).isGranted
}

/// A permission and a success of the circuit breaker without a lock, closed, with a window of calls.
@_silgen_name("hot_breaker")
public func breaker(_ breaker: LockFreeCircuitBreaker<SystemNanosecondClock>) -> Bool {
    guard let permit = breaker.tryAcquire().permit else { return false }
    breaker.record(permit, .success)
    return true
}

/// A latency recorded for a monitor.
@_silgen_name("hot_latency_record")
public func latencyRecord(_ recorder: LatencyRecorder, _ nanoseconds: UInt64) {
    recorder.record(nanoseconds: nanoseconds)
}

/// What the check must find fault with: the same through an existential.
@_silgen_name("slow_existential_pair")
public func existentialPair(_ queue: UnsafeRawPointer, _ word: UInt64) -> UInt64 {
    let queue: any SynchronousBoundedQueue<UInt64> = existential
    _ = queue.tryPush(word)
    return queue.tryPop() ?? 0
}

nonisolated(unsafe) var existential: any SynchronousBoundedQueue<UInt64> = MutexQueue<UInt64>(capacity: 1)  // set once

@inline(__always)
private func pair<Queue: SynchronousBoundedQueue<UInt64> & AnyObject>(
    of type: Queue.Type,
    _ queue: UnsafeRawPointer,
    _ word: UInt64
) -> UInt64 {
    Unmanaged<Queue>.fromOpaque(queue)._withUnsafeGuaranteedRef {
        _ = $0.tryPush(word)
        return $0.tryPop() ?? 0
    }
}

/// Calls each function once, so that the linker keeps them.
@main
enum HotPaths {
    static func main() {
        let ring = RingQueue<UInt64>(capacity: 2)
        let singleRing = SingleRingQueue<UInt64>(capacity: 2)
        let mutex = MutexQueue<UInt64>(capacity: 2)
        let priority = RingPriorityQueue<UInt64>(capacity: 2)
        let bucket = LockFreeTokenBucket(rate: .perSecond(1_000), burst: 1)
        let circuit = LockFreeCircuitBreaker()
        let recorder = LatencyRecorder()
        latencyRecord(recorder, 5)
        withExtendedLifetime((ring, singleRing, mutex, priority, bucket, circuit)) {
            print(
                ringPair(Unmanaged.passUnretained(ring).toOpaque(), 1),
                singleRingPair(Unmanaged.passUnretained(singleRing).toOpaque(), 2),
                mutexPair(Unmanaged.passUnretained(mutex).toOpaque(), 3),
                priorityRingPush(priority, 5),
                priorityRingPop(priority),
                tokenBucket(bucket),
                breaker(circuit),
                existentialPair(Unmanaged.passUnretained(mutex).toOpaque(), 4)
            )
        }
    }
}
