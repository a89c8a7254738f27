import BackpressureTesting
import DequeModule

@testable import RateLimiters

/// Random requests against a window: bursts at one instant, single permits in quick or slow succession, times just at and
/// around a window's length, long rests, and a clock that is set back.
struct WindowDemand {
    let limit: UInt64
    let length: UInt64
    private var now: UInt64
    private var elapsed: UInt64
    private var hasBegun = false
    private var random: SeededGenerator

    init(limit: UInt64, length: UInt64, seed: UInt64, origin: UInt64 = 1_000_000_007) {
        self.limit = limit
        self.length = length
        now = origin
        elapsed = origin
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

    /// What the clock reads at the next request, what it would if it had never been set back, and for how many permits.
    mutating func next() -> (now: UInt64, elapsed: UInt64, permits: UInt64) {
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
        elapsed += gap
        // Not before the first reading, which nothing comes before.
        if choice == 61, hasBegun { now -= random.next() % (now / 2) }
        hasBegun = true
        let permits: UInt64 =
            switch random.next() % 32 {
            case 0: limit
            case 1: limit + 1
            case 2..<10: 1 + random.next() % limit
            default: 1
            }
        return (now, elapsed, permits)
    }

    mutating func chance(_ one: UInt64, of count: UInt64) -> Bool { random.next() % count < one }

    mutating func index(below count: Int) -> Int { Int(random.next() % UInt64(count)) }
}

/// A log and the line in front of it, driven as ``WaitingLine`` does, and in a class so that expectations can ask in place.
final class LineLog {
    var log: WindowLog<Buckets>
    var line: Deque<PermitPlace> = []

    init(_ shape: WindowShape) { log = WindowLog(shape) }

    convenience init(limit: Int, window: Int, buckets: Int? = nil) {
        self.init(WindowShape(limit: limit, window: .nanoseconds(window), buckets: buckets))
    }

    /// When those who wait are due, by the clock.
    var instants: [UInt64] { line.map { log.instant(of: $0) } }

    func tryAcquire(_ permits: UInt64, at now: UInt64) -> Acquisition {
        while true {
            if let answer = log.tryAcquire(permits, atNanoseconds: now) { return answer }
            mend(at: now)
        }
    }

    func grants(_ permits: UInt64, at now: UInt64) -> Bool { tryAcquire(permits, at: now).isGranted }

    /// Whoever is due goes, and after a look at the clock whoever is due by that.
    func mend(at now: UInt64) {
        takeDue(at: now)
        log.mend(&line, atNanoseconds: now)
        takeDue(at: now)
    }

    private func takeDue(at now: UInt64) {
        while let first = line.first, log.instant(of: first) <= now {
            log.settle(first)
            line.removeFirst()
        }
    }

    func reserve(_ permits: UInt64, at now: UInt64, longest: UInt64 = .max) -> Reservation {
        mend(at: now)
        let answer = log.reserve(permits, atNanoseconds: now, longestNanoseconds: longest)
        if case .waiting(let place) = answer { line.append(place) }
        return answer
    }

    /// One leaves the line, and is at `index` still.
    func cancel(at index: Int, now: UInt64) {
        mend(at: now)
        log.cancel(at: index, in: &line, atNanoseconds: now)
    }

    func update(limit: Int, window: Int, at now: UInt64) {
        mend(at: now)
        log.update(limit: limit, window: .nanoseconds(window), &line, atNanoseconds: now)
    }
}

extension Acquisition {
    static func retry(after nanoseconds: UInt64) -> Acquisition {
        .refused(retryAfter: Delay(nanoseconds: nanoseconds))
    }
}
