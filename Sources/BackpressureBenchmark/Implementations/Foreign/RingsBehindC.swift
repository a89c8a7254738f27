import BoundedQueues
import CForeignImplementations

// Our own rings as a library in C would offer them: an indirect call for each operation, a word for each element. Closures
// for C can't be generic, so each ring has its own.

/// ``RingQueue`` behind the C interface.
var ringBehindC: backpressure_queue_v1 {
    entry(
        "ring-abi",
        create: { Unmanaged.passRetained(RingQueue<UInt64>(capacity: $0)).toOpaque() },
        destroy: { Unmanaged<RingQueue<UInt64>>.fromOpaque($0!).release() },
        tryPush: { queue, word in
            Unmanaged<RingQueue<UInt64>>.fromOpaque(queue!)._withUnsafeGuaranteedRef { push(word, to: $0) }
        },
        tryPop: { queue, word in
            Unmanaged<RingQueue<UInt64>>.fromOpaque(queue!)._withUnsafeGuaranteedRef { pop(into: word, from: $0) }
        }
    )
}

/// ``SingleRingQueue`` behind the C interface.
var singleRingBehindC: backpressure_queue_v1 {
    entry(
        "ring-spsc-abi",
        create: { Unmanaged.passRetained(SingleRingQueue<UInt64>(capacity: $0)).toOpaque() },
        destroy: { Unmanaged<SingleRingQueue<UInt64>>.fromOpaque($0!).release() },
        tryPush: { queue, word in
            Unmanaged<SingleRingQueue<UInt64>>.fromOpaque(queue!)._withUnsafeGuaranteedRef { push(word, to: $0) }
        },
        tryPop: { queue, word in
            Unmanaged<SingleRingQueue<UInt64>>.fromOpaque(queue!)._withUnsafeGuaranteedRef { pop(into: word, from: $0) }
        }
    )
}

@inline(__always)
private func push(_ word: UInt64, to queue: some SynchronousBoundedQueue<UInt64>) -> Int32 {
    queue.tryPush(word).isAccepted ? 1 : 0
}

@inline(__always)
private func pop(into word: UnsafeMutablePointer<UInt64>?, from queue: some SynchronousBoundedQueue<UInt64>) -> Int32 {
    guard let element = queue.tryPop() else { return 0 }
    word?.pointee = element
    return 1
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
