internal import CConcurrencySupport
import ConcurrencySupport
import Synchronization

/// How late the machine's own timers are: a thread that sleeps until one moment after the other, beside callers that wait
/// for permits. What keeps it is no limiter's fault.
final class TimerYardstick: @unchecked Sendable {  // only its thread touches the list until that has been joined
    private let intervalNanoseconds: UInt64
    private let durationNanoseconds: UInt64
    private var waits: [(due: UInt64, ran: UInt64)] = []
    /// What sleeping took of the processor.
    private(set) var cpuNanoseconds = 0.0

    /// - Parameters:
    ///   - interval: from one moment to the next.
    ///   - duration: how long it goes on.
    init(intervalNanoseconds interval: UInt64, durationNanoseconds duration: UInt64) {
        intervalNanoseconds = max(1_000, interval)
        durationNanoseconds = duration
        waits.reserveCapacity(Int(duration / intervalNanoseconds) + 1)
    }

    /// Sleeps until each of the moments that this thread is in time to sleep for.
    func run(_ control: RunControl) {
        backpressure_sleep_punctually()
        control.waitForStart()
        let clock = SystemNanosecondClock()
        let usage = ProcessUsage.cpuNanosecondsOfThisThread()
        var due = control.startNanoseconds.load(ordering: .relaxed)
        let end = due + durationNanoseconds
        while true {
            due += (max(clock.nanoseconds(), due) - due) / intervalNanoseconds * intervalNanoseconds
            due += intervalNanoseconds
            guard due <= end else { break }
            sleep(untilNanoseconds: due)
            waits.append((due, clock.nanoseconds()))
        }
        cpuNanoseconds = ProcessUsage.cpuNanosecondsOfThisThread() - usage
    }

    /// The share of the time in which it should have run and didn't.
    var keptShare: Double {
        min(1, Double(CallerEvidence.keptNanoseconds(waits)) / Double(durationNanoseconds))
    }

    /// How late it was, each time.
    var latenessNanoseconds: [UInt64] { waits.map { $0.ran - $0.due } }
}
