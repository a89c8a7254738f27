import ConcurrencySupport
import Testing

@testable import BoundedQueues

@Suite("Ring storage")
struct RingStorageTests {
    private static let capacities = [1, 2, 3, 4, 5, 7, 8, 1_000, 1_024]

    @Test("Positions visit every slot in turn and count what came before, lap after lap", arguments: capacities)
    func positions(capacity: Int) {
        let ring = RingStorage<Int, HardwareWord>(capacity: capacity, spacing: .dense)
        #expect(ring.lap > UInt(capacity))
        #expect(ring.lap.nonzeroBitCount == 1)
        var position: UInt = 0
        for count in 0..<5 * capacity {
            #expect(ring.ordinal(position) == UInt64(count))
            #expect(ring.ordinal(position | RingStorage<Int, HardwareWord>.closedBit) == UInt64(count))
            #expect(position & (ring.lap - 1) == UInt(count % capacity))
            let next = ring.next(position)
            #expect(next > position)
            // A slot's stamps are p, p + 1 and p + lap: never the same, and free for just the position a lap later.
            #expect(position + ring.lap != position + 1)
            position = next
        }
        #expect(position == 5 * ring.lap)
    }

    @Test("Every slot stands apart from the next, aligned for its element")
    func layout() {
        struct Odd {
            var bytes: (UInt64, UInt64, UInt8)
        }
        for spacing in [SlotSpacing.padded, .dense] {
            let words = RingStorage<UInt64, HardwareWord>(capacity: 3, spacing: spacing)
            #expect(words.stride == (spacing == .padded ? 64 : 16))
            let odd = RingStorage<Odd, HardwareWord>(capacity: 3, spacing: spacing)
            #expect(odd.stride >= MemoryLayout<UInt>.size + MemoryLayout<Odd>.size)
            #expect(odd.stride % MemoryLayout<UInt>.alignment == 0)
            let wide = RingStorage<SIMD8<Double>, HardwareWord>(capacity: 3, spacing: spacing)
            for index: UInt in 0..<3 {
                let address = Int(bitPattern: UnsafeRawPointer(wide.element(index)))
                #expect(address % MemoryLayout<SIMD8<Double>>.alignment == 0)
            }
            let nothing = RingStorage<Void, HardwareWord>(capacity: 3, spacing: spacing)
            #expect((0..<4).map { _ in nothing.tryPush(()) } == [.pushed, .pushed, .pushed, .full])
        }
    }

    @Test("What a waiting task looks at agrees with what is inside", arguments: [1, 2, 3])
    func lookingBeforeWaiting(capacity: Int) {
        let ring = RingStorage<Int, HardwareWord>(capacity: capacity, spacing: .padded)
        for lap in 0..<3 {
            let atStart = Look(ring)
            #expect(atStart == Look(hasElement: false, hasRoom: true, isFinished: false), "lap \(lap)")
            for element in 0..<capacity { #expect(ring.tryPush(element) == .pushed, "lap \(lap)") }
            let whenFull = Look(ring)
            #expect(whenFull == Look(hasElement: true, hasRoom: false, isFinished: false), "lap \(lap)")
            for element in 0..<capacity { #expect(ring.tryPop() == element, "lap \(lap)") }
        }
        #expect(ring.tryPush(1) == .pushed)
        ring.close()
        let whenClosed = Look(ring)
        #expect(whenClosed == Look(hasElement: true, hasRoom: true, isFinished: false))
        #expect(ring.tryPush(2) == .closed)
        #expect(ring.tryPop() == 1)
        let atEnd = Look(ring)
        #expect(atEnd == Look(hasElement: true, hasRoom: true, isFinished: true))
    }

    /// What a task that is about to wait sees; closing counts as an element and as room.
    private struct Look: Equatable {
        var hasElement: Bool
        var hasRoom: Bool
        var isFinished: Bool

        init(hasElement: Bool, hasRoom: Bool, isFinished: Bool) {
            self.hasElement = hasElement
            self.hasRoom = hasRoom
            self.isFinished = isFinished
        }

        init(_ ring: borrowing RingStorage<Int, HardwareWord>) {
            hasElement = ring.isClosedOrNotEmpty
            hasRoom = ring.isClosedOrNotFull
            isFinished = ring.isFinished
        }
    }
}
