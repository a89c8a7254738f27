import ConcurrencySupport
import Testing

@testable import BoundedQueues

@Suite("Slots of the ring")
struct SharedSlotsTests {
    private typealias Slots = SharedSlots<HardwareWord>

    private static func slots<Element>(
        _ capacity: Int,
        of element: Element.Type = Int.self,
        _ spacing: SlotSpacing = .padded
    ) -> Slots {
        Slots(capacity: capacity, layout: SlotLayout(for: Element.self, spacing: spacing))
    }

    private static let capacities = [1, 2, 3, 4, 5, 7, 8, 1_000, 1_024]

    @Test("Positions visit every slot in turn and count what came before, lap after lap", arguments: capacities)
    func positions(capacity: Int) {
        let ring = Self.slots(capacity)
        #expect(ring.lap > UInt(capacity))
        #expect(ring.lap.nonzeroBitCount == 1)
        var position: UInt = 0
        for count in 0..<5 * capacity {
            #expect(ring.ordinal(position) == UInt64(count))
            #expect(ring.ordinal(position | Slots.closedBit) == UInt64(count))
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
        for spacing in [SlotSpacing.padded, .widelyPadded, .dense] {
            let expected = [SlotSpacing.padded: 64, .widelyPadded: 128, .dense: 16]
            #expect(SlotLayout(for: UInt64.self, spacing: spacing).stride == expected[spacing])
            let odd = SlotLayout(for: Odd.self, spacing: spacing)
            #expect(odd.stride >= odd.elementOffset + MemoryLayout<Odd>.size)
            #expect(odd.stride % MemoryLayout<UInt>.alignment == 0)
            let wide = Self.slots(3, of: SIMD8<Double>.self, spacing)
            for index: UInt in 0..<3 {
                let element = wide.slot(index) + wide.layout.elementOffset
                #expect(Int(bitPattern: element) % MemoryLayout<SIMD8<Double>>.alignment == 0)
            }
            let nothing = RingQueue<Void>(capacity: 3, spacing: spacing)
            #expect((0..<4).map { _ in nothing.tryPush(()).isAccepted } == [true, true, true, false])
        }
    }

    @Test("What a waiting task looks at agrees with what is inside", arguments: [1, 2, 3])
    func lookingBeforeWaiting(capacity: Int) {
        let ring = Self.slots(capacity)
        for lap in 0..<3 {
            let atStart = Look(ring)
            #expect(atStart == Look(hasElement: false, hasRoom: true, isFinished: false), "lap \(lap)")
            for _ in 0..<capacity { push(to: ring) }
            let whenFull = Look(ring)
            #expect(whenFull == Look(hasElement: true, hasRoom: false, isFinished: false), "lap \(lap)")
            for _ in 0..<capacity { pop(from: ring) }
        }
        push(to: ring)
        ring.close()
        let whenClosed = Look(ring)
        #expect(whenClosed == Look(hasElement: true, hasRoom: true, isFinished: false))
        let claim = ring.claimFree()
        #expect(claim.outcome == .closed)
        pop(from: ring)
        let atEnd = Look(ring)
        #expect(atEnd == Look(hasElement: true, hasRoom: true, isFinished: true))
    }

    private func push(to slots: borrowing Slots) {
        let claim = slots.claimFree()
        #expect(claim.outcome == .claimed)
        slots.publish(claim)
    }

    private func pop(from slots: borrowing Slots) {
        let claim = slots.claimFilled()
        #expect(claim.outcome == .claimed)
        slots.release(claim)
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

        init(_ ring: borrowing Slots) {
            hasElement = ring.isClosedOrNotEmpty
            hasRoom = ring.isClosedOrNotFull
            isFinished = ring.isFinished
        }
    }
}
