import BackpressureTesting
import DequeModule
import Testing

@testable import RateLimiters

@Suite("What a line owes to a token bucket")
struct WaitingDebtTests {
    private static let day: UInt64 = 86_400_000_000_000
    private static let rates = [
        Rate(permits: 1, perNanoseconds: 1), .perSecond(300_000_000), .perSecond(700_001), .perSecond(3),
        .perSecond(0.3), Rate(permits: 1, perNanoseconds: day), Rate(permits: 7, perNanoseconds: 30 * day),
    ]

    private static let jumps: [UInt64] = [1, 1_000, 1_000_000_000, day, 1_000 * day]

    /// A bucket and the line in front of it, driven as the limiters drive it.
    private struct Bucket {
        var state: TokenBucketState
        var line: Deque<PermitPlace> = []
        var now: UInt64

        init(now: UInt64) {
            state = TokenBucketState(rate: .perSecond(1_000), burst: 10, nowNanoseconds: now)
            self.now = now
        }

        var instants: [UInt64] { line.map { state.instant(of: $0) } }

        mutating func mend() {
            takeDue()
            state.mend(&line, atNanoseconds: now)
            takeDue()
        }

        private mutating func takeDue() {
            while let first = line.first, state.instant(of: first) <= now {
                state.settle(first)
                line.removeFirst()
            }
        }
    }

    @Test("Whatever comes, at any rate and time, the line stays in order, owes what it waits for and leaves nothing")
    func randomEvents() {
        var generator = SeededGenerator(seed: 11)
        var cancelled = 0
        var longest = 0
        for seed in 0..<400 {
            var bucket = Bucket(now: UInt64.random(in: 0...(seed % 2 == 0 ? 1_000 : 1 << 62), using: &generator))
            for _ in 0..<100 {
                let before = bucket.instants
                switch Int.random(in: 0..<10, using: &generator) {
                case 0:
                    let jump = Self.jumps.randomElement(using: &generator) ?? 1
                    bucket.now &+= UInt64.random(in: 0...jump, using: &generator)
                    bucket.mend()
                case 1:
                    let jump = Self.jumps.randomElement(using: &generator) ?? 1
                    bucket.now -= min(bucket.now, UInt64.random(in: 0...jump, using: &generator))
                    bucket.mend()
                case 2:
                    bucket.mend()
                    let rate = Self.rates.randomElement(using: &generator) ?? .perSecond(1)
                    // Up to nearly what the numbers allow at the slowest rate.
                    let burst = Int.random(in: 1...(Bool.random(using: &generator) ? 4 : 800), using: &generator)
                    bucket.state.update(rate: rate, burst: burst, &bucket.line, atNanoseconds: bucket.now)
                case 3..<6 where !bucket.line.isEmpty:
                    bucket.mend()
                    guard !bucket.line.isEmpty else { break }
                    let index = Int.random(in: 0..<bucket.line.count, using: &generator)
                    let due = bucket.instants
                    bucket.state.cancel(at: index, in: &bucket.line, atNanoseconds: bucket.now)
                    cancelled += 1
                    let left = due.indices.filter { $0 != index }.map { due[$0] }
                    #expect(zip(bucket.instants, left).allSatisfy { $0 <= $1 }, "nobody's time becomes later")
                default:
                    bucket.mend()
                    let permits = UInt64.random(in: 1...bucket.state.algebra.burst, using: &generator)
                    let answer = bucket.state.reserve(permits, atNanoseconds: bucket.now, longestNanoseconds: .max)
                    if case .waiting(let place) = answer { bucket.line.append(place) }
                    if !before.isEmpty, !bucket.line.isEmpty { #expect(answer != .granted, "who waits is first") }
                }
                longest = max(longest, bucket.line.count)
                let marks = bucket.line.map(\.mark)
                #expect(zip(marks, marks.dropFirst()).allSatisfy { $0 < $1 })
                #expect(bucket.state.waiting == bucket.line.reduce(0) { $0 + $1.permits })
                if let last = marks.last {
                    #expect(Int128(bucket.state.arrival) == min(last, Int128(TokenBucketAlgebra.latestArrival)))
                }
            }
            bucket.mend()
            while !bucket.line.isEmpty {
                bucket.state.cancel(at: 0, in: &bucket.line, atNanoseconds: bucket.now)
            }
            // Nobody waits, so it is at the most empty.
            bucket.mend()
            let emptied = bucket.state.algebra.units(atNanoseconds: bucket.now) + bucket.state.algebra.tolerance
            #expect(bucket.state.waiting == 0 && bucket.state.arrival <= emptied)
        }
        #expect(cancelled > 1_000 && longest > 10)
    }

    @Test("What was granted past a line that was due stays spent when the clock is set back and the line is left")
    func grantedPastTheLine() {
        let start: UInt64 = 1_000_000
        var bucket = Bucket(now: start)
        bucket.state.update(rate: Rate(permits: 1, perNanoseconds: 1_000), burst: 2, &bucket.line, atNanoseconds: start)
        #expect(bucket.state.reserve(2, atNanoseconds: start, longestNanoseconds: .max) == .granted)
        guard case .waiting(let place) = bucket.state.reserve(2, atNanoseconds: start, longestNanoseconds: .max) else {
            Issue.record("nothing is at hand, and nobody waits")
            return
        }
        bucket.line.append(place)
        // It is due, and nobody has looked at the line.
        #expect(bucket.state.tryAcquire(1, atNanoseconds: start + 3_000) == .granted)
        bucket.now = start + 1_000
        bucket.mend()
        bucket.state.cancel(at: 0, in: &bucket.line, atNanoseconds: bucket.now)
        let refusal = Acquisition.refused(retryAfter: .init(nanoseconds: 1_000))
        #expect(bucket.state.tryAcquire(1, atNanoseconds: bucket.now) == refusal)
    }
}
