import BoundedQueues
import ConcurrencySupport

extension VerificationCheck {
    /// The delays of `throttle`, on the machine's clock: how long they are at least, which a busy machine can't falsify.
    static let throttling = VerificationCheck(
        id: "throttle",
        mechanism: .queue,
        summary: "the policy throttle on the machine's clock: delayed by as much as the depth asks for, and only then",
        fixedSeconds: 0.05,
        reasonAgainst: { subject in
            guard case .queue(let queue) = subject else { return "for queues" }
            if queue.words == nil { return "no elements of 8 bytes" }
            return queue.policies.contains { $0.description == "throttle" } ? nil : "no policy throttle"
        },
        perform: { subject, _ in
            guard case .queue(let queue) = subject, let make = queue.words else { return [] }
            var check = ThrottleCheck { make($0).wordQueue }
            let complaint = await check.complaint()
            let tally = (check.operations, check.operations)
            if let complaint { return [.failed("throttle", "delays by depth", tally, complaint)] }
            return [.passed("throttle", "delays by depth", operations: tally.0, successes: tally.1)]
        }
    )
}

/// A queue that is filled step by step, with each push timed.
private struct ThrottleCheck {
    private static let capacity = 8
    private static let low = 4
    private static let high = 6
    private static let longest = Duration.milliseconds(4)
    /// Of so many pushes that must not be delayed, one at least is quick, however busy the machine.
    private static let attempts = 50

    private let make: (QueueSetup<UInt64>) -> any BoundedQueue<UInt64>
    private let clock = SystemNanosecondClock()
    private(set) var operations = 0
    private var next: UInt64 = 0

    init(make: @escaping (QueueSetup<UInt64>) -> any BoundedQueue<UInt64>) { self.make = make }

    private func makeQueue() -> any BoundedQueue<UInt64> {
        let policy = OverflowPolicy.throttle(
            from: Double(Self.low) / Double(Self.capacity),
            to: Double(Self.high) / Double(Self.capacity),
            longestDelay: Self.longest
        )
        return make(QueueSetup(capacity: Self.capacity, policy: policy, onDrop: { _, _ in }))
    }

    /// What it did that it must not do, in words; `nil`: nothing.
    mutating func complaint() async -> String? {
        let queue = makeQueue()
        for depth in 0..<Self.low {
            if let complaint = await pushAtOnce(queue, depth: depth) { return complaint }
        }
        // Up to the low watermark, itself included, nobody is delayed.
        if let complaint = await pushAtOnce(queue, depth: Self.low) { return complaint }
        for depth in (Self.low + 1)..<Self.capacity {
            let strength = min(1, Double(depth - Self.low) / Double(Self.high - Self.low))
            let delay = UInt64(strength * Double(Self.longest / .nanoseconds(1)))
            let (result, elapsed) = await push(queue)
            if !result.isAccepted { return "a push with \(depth) of \(Self.capacity) inside came to \(result)" }
            if elapsed < delay { return "with \(depth) inside a push took \(elapsed) ns, \(delay) at least are due" }
        }
        let statistics = await queue.statistics()
        let delayed = Self.capacity - Self.low - 1
        if statistics.timesBlocked < UInt64(delayed) {
            return "\(delayed) pushes were delayed, and the statistics say \(statistics.timesBlocked)"
        }
        return await whenFull(queue)
    }

    /// Full, it refuses who doesn't wait, and makes everybody else wait for room; and it has lost nothing.
    private mutating func whenFull(_ queue: any BoundedQueue<UInt64>) async -> String? {
        var quickest = UInt64.max
        for _ in 0..<Self.attempts {
            let start = clock.nanoseconds()
            let result = await queue.tryPush(99)
            quickest = min(quickest, clock.nanoseconds() - start)
            operations += 1
            guard case .full(99) = result else { return "full, it answered an attempt with \(result)" }
        }
        if quickest >= UInt64(Self.longest / .nanoseconds(1)) { return "an attempt to push was delayed" }
        async let push = queue.push(99)
        var taken: [UInt64] = []
        while taken.count <= Self.capacity, let element = await queue.pop() { taken.append(element) }
        let result = await push
        operations += taken.count + 1
        let expected = (0..<UInt64(Self.capacity)).map { $0 } + [99]
        if !result.isAccepted || taken != expected { return "\(expected) went in, and \(taken) came out" }
        return nil
    }

    /// Pushes one element that must not be delayed; again on a new queue as long as it took too long.
    private mutating func pushAtOnce(_ queue: any BoundedQueue<UInt64>, depth: Int) async -> String? {
        let limit = UInt64(Self.longest / .nanoseconds(1)) / 4
        var (result, elapsed) = await push(queue)
        for _ in 0..<Self.attempts where result.isAccepted && elapsed >= limit {
            let other = makeQueue()
            for _ in 0..<depth { _ = await other.tryPush(0) }
            (result, elapsed) = await push(other, 0)
        }
        if !result.isAccepted { return "a push with \(depth) of \(Self.capacity) inside came to \(result)" }
        return elapsed < limit ? nil : "with \(depth) inside every push took \(limit) ns or more, and none is due"
    }

    private mutating func push(
        _ queue: any BoundedQueue<UInt64>,
        _ element: UInt64? = nil
    ) async -> (PushResult<UInt64>, elapsed: UInt64) {
        let value = element ?? next
        if element == nil { next += 1 }
        operations += 1
        let start = clock.nanoseconds()
        let result = await queue.push(value)
        return (result, clock.nanoseconds() - start)
    }
}
