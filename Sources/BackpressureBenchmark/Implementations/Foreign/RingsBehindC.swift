import BoundedQueues
import CForeignImplementations

// Our own rings as a library in C would offer them: an indirect call for each operation, a word for each element.
//
// The closures are short and their helpers generic over the queue, so that all of it becomes part of the exported function:
// a longer closure would be called by it.

/// ``RingQueue`` behind the C interface.
var ringBehindC: backpressure_queue_v1 {
    ring("ring-abi") { Unmanaged.passRetained(RingQueue<UInt64>(capacity: $0)).toOpaque() }
}

/// ``RingQueue`` with its slots close together, behind the C interface.
var denseRingBehindC: backpressure_queue_v1 {
    ring("ring-dense-abi") { Unmanaged.passRetained(RingQueue<UInt64>(capacity: $0, spacing: .dense)).toOpaque() }
}

private func ring(
    _ id: StaticString,
    create: @escaping @convention(c) (Int) -> UnsafeMutableRawPointer?
) -> backpressure_queue_v1 {
    entry(
        id,
        create: create,
        destroy: { Unmanaged<RingQueue<UInt64>>.fromOpaque($0!).release() },
        tryPush: pushToRing,
        tryPop: popFromRing
    )
}

/// ``SingleRingQueue`` behind the C interface.
var singleRingBehindC: backpressure_queue_v1 {
    entry(
        "ring-spsc-abi",
        create: { Unmanaged.passRetained(SingleRingQueue<UInt64>(capacity: $0)).toOpaque() },
        destroy: { Unmanaged<SingleRingQueue<UInt64>>.fromOpaque($0!).release() },
        tryPush: pushToSingleRing,
        tryPop: popFromSingleRing
    )
}

@_cdecl("backpressure_ring_try_push")
func pushToRing(_ queue: UnsafeMutableRawPointer?, _ word: UInt64) -> Int32 {
    push(word, to: RingQueue<UInt64>.self, at: queue)
}

@_cdecl("backpressure_ring_try_pop")
func popFromRing(_ queue: UnsafeMutableRawPointer?, _ word: UnsafeMutablePointer<UInt64>?) -> Int32 {
    pop(into: word, from: RingQueue<UInt64>.self, at: queue)
}

@_cdecl("backpressure_single_ring_try_push")
func pushToSingleRing(_ queue: UnsafeMutableRawPointer?, _ word: UInt64) -> Int32 {
    push(word, to: SingleRingQueue<UInt64>.self, at: queue)
}

@_cdecl("backpressure_single_ring_try_pop")
func popFromSingleRing(_ queue: UnsafeMutableRawPointer?, _ word: UnsafeMutablePointer<UInt64>?) -> Int32 {
    pop(into: word, from: SingleRingQueue<UInt64>.self, at: queue)
}

@inline(__always)
private func push<Queue: SynchronousBoundedQueue<UInt64> & AnyObject>(
    _ word: UInt64,
    to type: Queue.Type,
    at queue: UnsafeMutableRawPointer?
) -> Int32 {
    Unmanaged<Queue>.fromOpaque(queue!)._withUnsafeGuaranteedRef { $0.tryPush(word).isAccepted ? 1 : 0 }
}

@inline(__always)
private func pop<Queue: SynchronousBoundedQueue<UInt64> & AnyObject>(
    into word: UnsafeMutablePointer<UInt64>?,
    from type: Queue.Type,
    at queue: UnsafeMutableRawPointer?
) -> Int32 {
    Unmanaged<Queue>.fromOpaque(queue!)._withUnsafeGuaranteedRef {
        guard let element = $0.tryPop() else { return 0 }
        word!.pointee = element
        return 1
    }
}

private func entry(
    _ identifier: StaticString,
    create: @escaping @convention(c) (Int) -> UnsafeMutableRawPointer?,
    destroy: @escaping @convention(c) (UnsafeMutableRawPointer?) -> Void,
    tryPush: @escaping ForeignQueue<UInt64>.TryPush,
    tryPop: @escaping ForeignQueue<UInt64>.TryPop
) -> backpressure_queue_v1 {
    var entry = backpressure_queue_v1()
    entry.abi_version = UInt32(BACKPRESSURE_ABI_VERSION)
    entry.identifier = UnsafeRawPointer(identifier.utf8Start).assumingMemoryBound(to: CChar.self)
    entry.specification = 1
    entry.create = create
    entry.destroy = destroy
    entry.try_push = tryPush
    entry.try_pop = tryPop
    return entry
}
