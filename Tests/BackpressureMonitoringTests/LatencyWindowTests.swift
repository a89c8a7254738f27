import BackpressureTesting
import ConcurrencySupport
import Testing

@testable import BackpressureMonitoring

@Suite("Latency window")
struct LatencyWindowTests {
    @Test("Every latency lies in its counter, and counters follow each other without a gap")
    func bucketsCoverEverything() {
        var next: UInt64 = 0
        for index in 0..<LatencyBuckets.count {
            let longest = LatencyBuckets.longest(at: index)
            #expect(LatencyBuckets.index(ofNanoseconds: next) == index)
            #expect(LatencyBuckets.index(ofNanoseconds: longest) == index)
            #expect(Double(longest - next) <= Double(max(1, next)) * LatencyBuckets.relativeError)
            next = longest + 1
        }
        #expect(next == LatencyBuckets.largestNanoseconds + 1)
        #expect(LatencyBuckets.index(ofNanoseconds: .max) == LatencyBuckets.count - 1)
    }

    @Test("Percentiles of random latencies are those found by sorting, or longer by the precision at most")
    func percentilesAreExactWithinPrecision() {
        #expect(percentileFaults { LatencyBuckets.index(ofNanoseconds: $0) }.isEmpty)
    }

    @Test("A recorder that puts latencies into coarser counters, or the next shorter one, is found out")
    func impreciseRecordersAreFound() {
        #expect(!percentileFaults { LatencyBuckets.index(ofNanoseconds: $0) & ~7 }.isEmpty)
        #expect(!percentileFaults { max(0, LatencyBuckets.index(ofNanoseconds: $0) - 1) }.isEmpty)
        #expect(!percentileFaults { LatencyBuckets.index(ofNanoseconds: $0 + $0 / 50) }.isEmpty)
    }

    /// What is wrong with the percentiles of latencies that `index` sorts into counters.
    private func percentileFaults(sortedBy index: (UInt64) -> Int) -> [String] {
        var random = SeededGenerator(seed: 6)
        var faults: [String] = []
        for round in 0..<25 {
            let recorder = LatencyRecorder(stripes: 1)
            var window = LatencyWindow(nanoseconds: 1_000, parts: 2)
            let largest = UInt64(1) << UInt64.random(in: 4...41, using: &random)
            let values = (0..<Int.random(in: 1...2_000, using: &random)).map { _ in
                // Long tails: a random share of a random size.
                UInt64.random(in: 0...largest, using: &random) >> UInt64.random(in: 0...8, using: &random)
            }
            for value in values { recorder.record(nanoseconds: LatencyBuckets.longest(at: index(value))) }
            let exact = ExactPercentiles(values)
            guard let summary = window.read(recorder, now: UInt64(round)), summary.count == values.count else {
                faults.append("round \(round): not all were counted")
                continue
            }
            let found = [
                (0.5, summary.p50Nanoseconds), (0.95, summary.p95Nanoseconds), (0.99, summary.p99Nanoseconds),
                (0.999, summary.p999Nanoseconds), (1, summary.longestNanoseconds),
            ]
            for (share, value) in found {
                let wanted = exact.value(at: share)
                let most = Double(wanted) * (1 + LatencyBuckets.relativeError)
                if value < wanted || Double(value) > most {
                    faults.append("round \(round): \(share) is \(value), exactly \(wanted)")
                }
            }
        }
        return faults
    }

    @Test("Nothing recorded is no latency, rather than a latency of zero")
    func emptyIsNil() {
        let recorder = LatencyRecorder(stripes: 1)
        var window = LatencyWindow(nanoseconds: 100, parts: 10)
        #expect(window.read(recorder, now: 0) == nil)
        recorder.record(nanoseconds: 0)
        #expect(window.read(recorder, now: 1)?.longestNanoseconds == 0)
    }

    @Test("A latency beyond the range counts as the longest there is")
    func longestIsClamped() {
        let recorder = LatencyRecorder(stripes: 1)
        var window = LatencyWindow(nanoseconds: 100, parts: 10)
        recorder.record(nanoseconds: .max)
        recorder.record(.seconds(-1))
        let summary = window.read(recorder, now: 0)
        #expect(summary?.count == 2)
        #expect(summary?.longestNanoseconds == LatencyBuckets.largestNanoseconds)
        #expect(summary?.p50Nanoseconds == 0)
    }

    @Test("A latency is remembered for the window and forgotten a part later", arguments: [1, 3, 10])
    func windowForgets(parts: Int) {
        let recorder = LatencyRecorder(stripes: 1)
        let window: UInt64 = 3_000
        let part = window.dividedRoundingUp(by: UInt64(parts))
        for recorded in stride(from: UInt64(0), to: 2 * window, by: 430) {
            var latencies = LatencyWindow(nanoseconds: window, parts: parts)
            recorder.record(nanoseconds: 5)
            #expect(latencies.read(recorder, now: recorded)?.count == 1)
            #expect(latencies.read(recorder, now: recorded + window / 2)?.count == 1)
            #expect(latencies.read(recorder, now: recorded + window)?.count == 1)
            #expect(latencies.read(recorder, now: recorded + window + part) == nil)
        }
    }

    @Test("After a long silence all is forgotten, whatever part comes next")
    func silenceForgetsAll() {
        let recorder = LatencyRecorder(stripes: 1)
        var window = LatencyWindow(nanoseconds: 100, parts: 10)
        for now in stride(from: UInt64(0), to: 100, by: 10) {
            recorder.record(nanoseconds: now)
            #expect(window.read(recorder, now: now)?.count == now / 10 + 1)
        }
        #expect(window.read(recorder, now: 1_000_000_007) == nil)
    }

    @Test("A clock set back forgets nothing and loses nothing")
    func clockSetBack() {
        let recorder = LatencyRecorder(stripes: 1)
        var window = LatencyWindow(nanoseconds: 100, parts: 10)
        recorder.record(nanoseconds: 1)
        _ = window.read(recorder, now: 1_000)
        recorder.record(nanoseconds: 2)
        #expect(window.read(recorder, now: 10)?.count == 2)
    }

    @Test("Memory stays what it was, however much is recorded")
    func memoryIsConstant() {
        var random = SeededGenerator(seed: 8)
        let recorder = LatencyRecorder(stripes: 2)
        var window = LatencyWindow(nanoseconds: 1_000, parts: 10)
        let before = (recorder.memoryBytes, window.memoryBytes)
        for now in 0..<UInt64(100) {
            for _ in 0..<200 { recorder.record(nanoseconds: .random(in: 0 ... .max, using: &random)) }
            _ = window.read(recorder, now: now * 37)
        }
        #expect((recorder.memoryBytes, window.memoryBytes) == before)
    }

    @Test("Nothing is lost or counted twice while tasks record and percentiles are read", arguments: [1, 4])
    func concurrentRecordingLosesNothing(stripes: Int) async {
        let recorder = LatencyRecorder(stripes: stripes)
        let isOver = Flag()
        let (recorded, counted) = await withTaskGroup(of: UInt.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var recorded: UInt = 0
                    while !isOver.isSet {
                        // All in one counter: what is taken in two steps loses what is recorded in between.
                        for _ in 0..<200 { recorder.record(nanoseconds: 7) }
                        recorded += 200
                        await Task.yield()
                    }
                    return recorded
                }
            }
            var counted: UInt = 0
            for _ in 0..<400 {
                recorder.takeCounts { counted += $1 }
                await Task.yield()
            }
            isOver.set()
            let recorded = await group.reduce(0, +)
            recorder.takeCounts { counted += $1 }
            return (recorded, counted)
        }
        #expect(counted == recorded)
    }

    @Test("Stripes are rounded up to a power of two, and any number is good")
    func anyNumberOfStripes() {
        for (wanted, bytes) in [(1, 1), (2, 2), (3, 4), (8, 8), (0, 1), (-3, 1)] {
            let recorder = LatencyRecorder(stripes: wanted)
            #expect(recorder.memoryBytes == bytes * LatencyBuckets.count * 8)
            for number in 0..<100 { recorder.record(nanoseconds: UInt64(number)) }
            var counted: UInt = 0
            recorder.takeCounts { counted += $1 }
            #expect(counted == 100)
        }
    }
}

/// A class, because tasks can't share a lock that lies in a variable.
private final class Flag: Sendable {
    private let state = Lock(false)

    var isSet: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}
