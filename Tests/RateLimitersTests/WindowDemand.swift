import BackpressureTesting

@testable import RateLimiters

/// Random requests against a window: bursts at one instant, single permits in quick or slow succession, times just at and
/// around a window's length, long rests, and a clock that is set back by up to a window.
struct WindowDemand {
    let limit: UInt64
    let length: UInt64
    private(set) var now: UInt64
    private var latest: UInt64
    private var random: SeededGenerator

    init(limit: UInt64, length: UInt64, seed: UInt64, origin: UInt64 = 1_000_000_007) {
        self.limit = limit
        self.length = length
        now = origin
        latest = origin
        random = SeededGenerator(seed: seed, stream: limit &* 1_000_003 &+ length)
    }

    /// So many requests as a test can afford: the optimiser makes a difference of ten and more.
    static func requests(_ count: Int) -> Int {
        #if DEBUG
        count / 10
        #else
        count
        #endif
    }

    /// The time of the next request, and for how many permits.
    mutating func next() -> (now: UInt64, permits: UInt64) {
        let choice = random.next() % 64
        let gap: UInt64 =
            switch choice {
            case 0..<20: 0
            case 20..<36: random.next() % (2 * length / limit + 2)
            case 36..<42: random.next() % (length / 8 + 2)
            case 42..<48: length - min(length, random.next() % 3)
            case 48..<60: 1 + random.next() % 3
            case 60: 3 * length + random.next() % length
            default: 0
            }
        now += gap
        latest = max(latest, now)
        if choice == 61 { now = max(now, length) - random.next() % (length + 1) }
        now = max(now, latest - min(latest, length))
        let permits: UInt64 =
            switch random.next() % 32 {
            case 0: limit
            case 1: limit + 1
            case 2..<10: 1 + random.next() % limit
            default: 1
            }
        return (now, permits)
    }

    mutating func chance(_ one: UInt64, of count: UInt64) -> Bool { random.next() % count < one }

    mutating func index(below count: Int) -> Int { Int(random.next() % UInt64(count)) }
}

/// A log that expectations can ask in place.
final class AskedLog {
    private(set) var log: WindowLog

    init(limit: Int, window: Duration, buckets: Int? = nil) {
        log = WindowLog(WindowShape(limit: limit, window: window, buckets: buckets))
    }

    func tryAcquire(_ permits: UInt64, at now: UInt64) -> Acquisition {
        log.tryAcquire(permits, nowNanoseconds: now)
    }

    func grants(_ permits: UInt64, at now: UInt64) -> Bool { tryAcquire(permits, at: now).isGranted }

    func reserve(_ permits: UInt64, at now: UInt64, longest: UInt64 = .max) -> WindowLog.Answer {
        log.reserve(permits, nowNanoseconds: now, longestNanoseconds: longest)
    }

    func cancel(_ id: UInt64, at now: UInt64) -> [WindowLog.Change]? { log.cancel(id: id, nowNanoseconds: now) }

    func update(limit: Int, window: Duration, buckets: Int? = nil, at now: UInt64) -> [WindowLog.Change] {
        log.update(WindowShape(limit: limit, window: window, buckets: buckets), nowNanoseconds: now)
    }
}

extension Acquisition {
    static func retry(after nanoseconds: UInt64) -> Acquisition {
        .refused(retryAfter: Delay(nanoseconds: nanoseconds))
    }
}
