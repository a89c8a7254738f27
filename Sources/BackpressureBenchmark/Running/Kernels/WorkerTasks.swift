public import ConcurrencySupport
import Histogram
import Synchronization

/// A producer's orders.
public struct ProducerTask: Sendable {
    @usableFromInline let control: RunControl
    @usableFromInline let counts: WorkerCounts
    /// The number of this producer's first element; the next ones follow.
    @usableFromInline let firstNumber: UInt64
    @usableFromInline let byteCount: Int
    /// Whether an element that came back is offered again until it enters (where the policy waits, on threads).
    @usableFromInline let offersAgain: Bool
    /// When to offer, in nanoseconds from the start, in order; `nil`: as soon as the last was dealt with.
    @usableFromInline let schedule: Schedule?
    /// Of one that pushes and pops in turn: ends after so many operations.
    @usableFromInline var limit = UInt64.max
    /// Elements offered at once.
    @usableFromInline var batch = 1
    /// Of one that sends elements on a round trip: where the latency goes.
    @usableFromInline var latency: LatencyRecorder?

    static let numberBits: UInt64 = 40
}

/// A consumer's orders.
public struct ConsumerTask: Sendable {
    @usableFromInline let control: RunControl
    @usableFromInline let counts: WorkerCounts
    /// Time spent on each element.
    @usableFromInline let serviceNanoseconds: UInt64
    /// Where latency goes; `nil`: not measured.
    @usableFromInline let latency: LatencyRecorder?
    /// Elements taken at once, at most.
    @usableFromInline var batch = 1
    /// When it takes none at all for a while; `nil`: never.
    @usableFromInline var rests: ConsumerRests?
}

/// Times in which a consumer takes nothing: a dependency that stalls, a process that is paused and comes back.
@usableFromInline
struct ConsumerRests: Sendable {
    /// How long it works between two rests.
    let workNanoseconds: UInt64
    let restNanoseconds: UInt64

    init?(_ load: QueueLoad) {
        guard load.consumersRestNanoseconds > 0 else { return nil }
        workNanoseconds = UInt64(load.consumersWorkNanoseconds)
        restNanoseconds = UInt64(load.consumersRestNanoseconds)
    }

    /// When the rest ends that is on now; `nil`: it is time to work, or the run is over.
    @usableFromInline
    func end(_ control: RunControl, atNanoseconds now: UInt64 = SystemNanosecondClock().nanoseconds()) -> UInt64? {
        guard !control.isStopping else { return nil }
        let start = control.startNanoseconds.load(ordering: .relaxed)
        let elapsed = now &- start
        let period = workNanoseconds + restNanoseconds
        let (periods, position) = elapsed.quotientAndRemainder(dividingBy: period)
        return position < workNanoseconds ? nil : start + (periods + 1) * period
    }
}

extension ConsumerTask {
    /// Spends its time on an element, on a thread of its own.
    @inlinable @inline(__always)
    func serveBlocking() {
        serve(nanoseconds: serviceNanoseconds)
        if rests != nil { rest() }
    }

    /// Whether it does anything but take elements.
    @inlinable @inline(__always)
    var isSlow: Bool { serviceNanoseconds > 0 || rests != nil }

    /// Spends its time on an element, and rests if it is time to, without holding a thread.
    ///
    /// The time is spent at work; from a millisecond on it is spent waiting, as for somebody else's answer: a task that
    /// worked for so long would keep its thread from a thousand others.
    @usableFromInline
    func work() async {
        if serviceNanoseconds < 1_000_000 {
            serve(nanoseconds: serviceNanoseconds)
        } else {
            let clock = SystemNanosecondClock()
            // Cancelled, it waits no longer, here and below.
            try? await clock.sleep(untilNanoseconds: clock.nanoseconds() &+ serviceNanoseconds)
        }
        if let end = rests?.end(control) { try? await SystemNanosecondClock().sleep(untilNanoseconds: end) }
    }

    @usableFromInline
    func rest() {
        guard let end = rests?.end(control) else { return }
        SystemNanosecondClock().sleepBlocking(untilNanoseconds: end)
    }
}

extension ProducerTask {
    @inlinable
    var batchesPerLook: Int { max(1, operationsPerLook / batch) }
}

extension ConsumerTask {
    @inlinable
    var batchesPerLook: Int { max(1, operationsPerLook / batch) }
}

/// Intended start times in memory that no worker has to retain.
@usableFromInline
final class Schedule: Sendable {
    // Written before the workers start, constant afterwards.
    @usableFromInline nonisolated(unsafe) let times: UnsafeMutableBufferPointer<UInt64>

    init(_ times: [UInt64]) {
        self.times = .allocate(capacity: times.count)
        _ = self.times.initialize(from: times)
    }

    deinit {
        times.deallocate()
    }
}

/// Latency of one worker: from the intended start of an element to the moment when it was taken, or between two moments
/// that the worker has noted.
///
/// Measuring from the intended start and not from the push keeps a stalled producer from hiding the wait that its
/// elements had (coordinated omission).
@usableFromInline
final class LatencyRecorder: @unchecked Sendable {  // only its worker touches the histogram until that has finished
    private let control: RunControl
    private let schedules: [Schedule]
    private let warmupNanoseconds: UInt64
    private(set) var histogram = LatencyRecorder.emptyHistogram
    /// Latencies above what the histogram tracks (an hour).
    private(set) var outOfRange = 0

    /// Tracks 1 ns to 1 h with three significant digits; all of it allocated here.
    static var emptyHistogram: Histogram<UInt64> {
        Histogram<UInt64>(lowestDiscernibleValue: 1, highestTrackableValue: 3_600_000_000_000)
    }

    /// - Parameter schedules: of each producer; none where the worker notes the times.
    init(control: RunControl, schedules: [Schedule] = [], warmupNanoseconds: UInt64 = 0) {
        self.control = control
        self.schedules = schedules
        self.warmupNanoseconds = warmupNanoseconds
    }

    @usableFromInline
    func record(number: UInt64) {
        let now = SystemNanosecondClock().nanoseconds()
        let producer = Int(number >> ProducerTask.numberBits)
        let intended = schedules[producer].times[Int(number & (1 << ProducerTask.numberBits - 1))]
        guard intended >= warmupNanoseconds else { return }
        let start = control.startNanoseconds.load(ordering: .relaxed) + intended
        record(now > start ? now - start : 0)
    }

    /// Takes how long the elements have waited, by the end of the measured part, that a producer was to have offered until then
    /// and hasn't: a stall at the end would be in no latency otherwise.
    ///
    /// - Parameter first: how many it has offered.
    func recordUnoffered(by producer: Int, from first: Int, until end: UInt64) {
        let start = control.startNanoseconds.load(ordering: .relaxed)
        for intended in schedules[producer].times.dropFirst(first) where intended >= warmupNanoseconds {
            guard start + intended < end else { return }
            record(end - (start + intended))
        }
    }

    /// Takes a latency whose ends both lie in the measured part.
    @usableFromInline
    func record(from start: UInt64, to end: UInt64) {
        let measuring = control.measuringNanoseconds.load(ordering: .relaxed)
        guard measuring > 0, start >= measuring, !control.isStopping else { return }
        record(end > start ? end - start : 0)
    }

    private func record(_ nanoseconds: UInt64) {
        if !histogram.record(nanoseconds) { outOfRange += 1 }
    }
}

/// Waits for a moment on a thread: sleeps while it is far, then spins.
@usableFromInline
func waitUntil(nanoseconds moment: UInt64) {
    let clock = SystemNanosecondClock()
    let spinNanoseconds: UInt64 = 60_000
    var now = clock.nanoseconds()
    while now + spinNanoseconds < moment {
        sleep(nanoseconds: moment - now - spinNanoseconds)
        now = clock.nanoseconds()
    }
    var backoff = Backoff(pauses: 4)
    while clock.nanoseconds() < moment { backoff.pause() }
}

/// Waits for a moment in a task: sleeps while it is far, then lets other tasks run.
@usableFromInline
func waitUntil(nanoseconds moment: UInt64) async {
    let clock = SystemNanosecondClock()
    let sleepNanoseconds: UInt64 = 200_000
    let now = clock.nanoseconds()
    if now + sleepNanoseconds < moment {
        try? await Task.sleep(for: .nanoseconds(moment - now - sleepNanoseconds / 2), tolerance: .zero)
    }
    while clock.nanoseconds() < moment { await Task.yield() }
}

/// A consumer's work on an element.
@inlinable @inline(__always)
func serve(nanoseconds: UInt64) {
    guard nanoseconds > 0 else { return }
    let clock = SystemNanosecondClock()
    let end = clock.nanoseconds() + nanoseconds
    while clock.nanoseconds() < end {}
}
