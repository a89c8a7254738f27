import ConcurrencySupport
import Synchronization

/// Two queues, pushed and popped in turn by one thread, a slice of some milliseconds each: what the harness's protocol
/// costs over a hand-written loop, to a precision that runs in separate processes can't reach on a noisy machine.
struct PairedSlices {
    /// Driven through the protocol.
    let queue: QueueInstance
    /// The same type in a hand-written loop.
    let yardstick: QueueInstance

    private let operationsPerSlice: UInt64 = 100_000
    private let slices = 80

    /// The median over slices of the time through the protocol, over the time by hand in the slice next to it; `nil`: one
    /// of them isn't driven by threads.
    func ratio() -> Double? {
        guard let through = queue.threads?.alternate, let byHand = yardstick.threads?.alternate else { return nil }
        _ = nanoseconds(through)
        _ = nanoseconds(byHand)
        var ratios: [Double] = []
        for slice in 0..<slices {
            // Each is first as often as second.
            if slice % 2 == 0 {
                let first = nanoseconds(through)
                ratios.append(first / nanoseconds(byHand))
            } else {
                let first = nanoseconds(byHand)
                ratios.append(nanoseconds(through) / first)
            }
        }
        return Bootstrap.median(ratios)
    }

    private func nanoseconds(_ alternate: (ProducerTask) -> Void) -> Double {
        let control = RunControl(producers: 1)
        control.phase.store(.measuring, ordering: .relaxed)
        let task = ProducerTask(
            control: control,
            counts: WorkerCounts(),
            firstNumber: 0,
            byteCount: 8,
            offersAgain: true,
            schedule: nil,
            limit: operationsPerSlice
        )
        let clock = SystemNanosecondClock()
        let start = clock.nanoseconds()
        alternate(task)
        return Double(clock.nanoseconds() - start)
    }
}
