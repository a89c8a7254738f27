import BackpressureTesting
import ConcurrencySupport
import Testing

@testable import RateLimiters

@Suite("The memory of a token bucket for each key", .timeLimit(.minutes(5)))
struct KeyedMemoryTests {
    @Test("It stays within its bound for each key, whatever number of keys there is room for, while keys come and go")
    func bound() {
        for maximumKeys in [1, 2, 3, 49, 97, 385, 1_537] {
            let clock = ManualClock()
            let limiter = KeyedTokenBucket<UInt64, _>(
                rate: .perSecond(1_000),
                burst: 4,
                maximumKeys: maximumKeys,
                shards: 1,
                clock: clock
            )
            for key in 0..<UInt64(4 * maximumKeys) {
                _ = limiter.tryAcquire(1, for: key)
                // Each is in debt while twice as many come as there is room for.
                clock.advance(byNanoseconds: 500_000 / UInt64(maximumKeys))
            }
            #expect(limiter.statistics().keys == maximumKeys && limiter.statistics().forgotten > 0)
            let bytes = limiter.shards[0].table.withLock { $0.allocatedBytes }
            // Arrays use what an allocator rounds up to: some bytes for each of four, or up to a quarter in jemalloc.
            let most = KeyedTokenBucket<UInt64, ManualClock>.largestBytesPerKey * maximumKeys
            #expect(bytes <= most * 5 / 4 + 256, "\(maximumKeys) keys: \(bytes) B")
        }
    }

    @Test("A key that is forgotten goes free")
    func lifetimes() {
        final class Name: Sendable {}
        struct Key: Hashable, Sendable {
            let number: Int
            let name: Name
            static func == (first: Key, second: Key) -> Bool { first.number == second.number }
            func hash(into hasher: inout Hasher) { hasher.combine(number) }
        }
        let clock = ManualClock()
        let limiter = KeyedTokenBucket<Key, _>(rate: .perSecond(1), burst: 1, maximumKeys: 1, clock: clock)
        weak var name: Name?
        do {
            let first = Name()
            name = first
            #expect(limiter.tryAcquire(1, for: Key(number: 1, name: first)).isGranted)
        }
        #expect(name != nil)
        clock.advance(byNanoseconds: 2_000_000_000)
        #expect(limiter.tryAcquire(1, for: Key(number: 2, name: Name())).isGranted)
        #expect(name == nil)
    }

    @Test("The bytes for each key are those that the documentation names")
    func documented() {
        #expect(KeyedTokenBucket<UInt64, ManualClock>.largestBytesPerKey == 53)
        #expect(KeyedTokenBucket<String, ManualClock>.largestBytesPerKey == 82)
    }
}

extension KeyedTable {
    /// What the arrays and the dictionary have taken from the heap.
    fileprivate var allocatedBytes: Int {
        var buckets = 1
        while buckets * 3 / 4 < places.capacity { buckets *= 2 }
        let perBucket = MemoryLayout<Key>.stride + MemoryLayout<UInt32>.stride
        return keys.capacity * MemoryLayout<Key>.stride + arrivals.capacity * MemoryLayout<UInt64>.stride
            + line.links.capacity * MemoryLayout<UInt32>.stride + buckets * perBucket + buckets / 8
    }
}
