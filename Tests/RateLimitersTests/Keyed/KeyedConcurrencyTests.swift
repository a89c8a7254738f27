import BackpressureTesting
import ConcurrencySupport
import Foundation
import RateLimiters
import Testing

@Suite("A token bucket for each key, from several threads", .timeLimit(.minutes(5)))
struct KeyedConcurrencyTests {
    /// Runs `body` on so many threads at once; the task's own thread isn't held up meanwhile.
    private func onThreads(_ count: Int, _ body: @escaping @Sendable (_ thread: Int) -> Void) async {
        await withCheckedContinuation { continuation in
            let group = DispatchGroup()
            for thread in 0..<count {
                group.enter()
                Thread {
                    body(thread)
                    group.leave()
                }.start()
            }
            group.notify(queue: .global()) { continuation.resume() }
        }
    }

    @Test("While time stands still each key gets its burst, and no more keys than there is room for get any")
    func conservation() async {
        let limiter = KeyedTokenBucket<Int, _>(
            rate: .perSecond(1),
            burst: 50,
            maximumKeys: 20,
            shards: 1,
            clock: ManualClock()
        )
        let granted = Lock([Int](repeating: 0, count: 40))
        await onThreads(4) { thread in
            var generator = SeededGenerator(seed: 1, stream: UInt64(thread))
            var own = [Int](repeating: 0, count: 40)
            for round in 0..<60 {
                // All threads want the same keys in one order, and others in random order.
                for key in 0..<40 {
                    let key = round % 2 == 0 ? key : Int.random(in: 0..<40, using: &generator)
                    if limiter.tryAcquire(1, for: key).isGranted { own[key] += 1 }
                }
            }
            granted.withLock { [own] granted in
                for (key, count) in own.enumerated() { granted[key] += count }
            }
        }
        let counts = granted.withLock(\.self)
        #expect(counts.count { $0 == 50 } == 20)
        #expect(counts.count { $0 == 0 } == 20)
        let statistics = limiter.statistics()
        #expect(statistics.granted == 1_000 && statistics.granted + statistics.refused == 9_600)
        #expect(statistics.keys == 20 && statistics.forgotten == 0)
    }

    @Test(
        "Each key's grants keep to its envelope while keys come and go",
        arguments: [KeyedOverflowPolicy.refuse, .share],
        [1, 4]
    )
    func envelopes(policy: KeyedOverflowPolicy, shards: Int) async {
        let limiter = KeyedTokenBucket<Int, _>(
            rate: .perSecond(20_000),
            burst: 5,
            maximumKeys: 16,
            whenFull: policy,
            shards: shards
        )
        let keyCount = 64
        let stamps = Lock([[GrantStamp]](repeating: [], count: keyCount))
        await onThreads(4) { thread in
            let clock = SystemNanosecondClock()
            var generator = SeededGenerator(seed: 2, stream: UInt64(thread))
            var own = [[GrantStamp]](repeating: [], count: keyCount)
            for request in 0..<5_000 {
                let isBusy = Bool.random(using: &generator)
                let key = isBusy ? request % 2 : Int.random(in: 0..<keyCount, using: &generator)
                let before = clock.nanoseconds()
                guard limiter.tryAcquire(1, for: key).isGranted else { continue }
                own[key].append(GrantStamp(before: before, after: clock.nanoseconds()))
            }
            stamps.withLock { [own] stamps in
                for (key, grants) in own.enumerated() { stamps[key] += grants }
            }
        }
        for grants in stamps.withLock(\.self) {
            let overshoot = EnvelopeCheck.overshoot(of: grants, permits: 1, perNanoseconds: 50_000, burst: 5)
            #expect(overshoot.isKept, "\(overshoot)")
        }
        #expect(limiter.statistics().keys <= 16)
    }

    @Test("Terms change under way without a decision being lost or a key too many remembered")
    func updates() async {
        let clock = ManualClock()
        let limiter = KeyedTokenBucket<Int, _>(
            rate: .perSecond(1),
            burst: 100,
            maximumKeys: 32,
            whenFull: .share,
            shards: 4,
            clock: clock
        )
        let granted = Lock([Int](repeating: 0, count: 64))
        await onThreads(4) { thread in
            for round in 0..<50 {
                if thread == 0 { limiter.update(rate: .perSecond([1, 3].randomElement() ?? 1), burst: 100) }
                for key in 0..<64 where limiter.tryAcquire(1, for: (key + round) % 64).isGranted {
                    granted.withLock { $0[(key + round) % 64] += 1 }
                }
            }
        }
        #expect(granted.withLock { $0.allSatisfy { $0 <= 100 } })
        let statistics = limiter.statistics()
        #expect(statistics.granted + statistics.refused == 4 * 50 * 64)
        #expect(statistics.keys <= 32)
    }
}
