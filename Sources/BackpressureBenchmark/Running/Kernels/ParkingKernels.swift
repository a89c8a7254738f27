public import BoundedQueues
public import ConcurrencySupport

// The hot loops for threads that leave the waiting to the queue: those of ThreadKernels.swift with the blocking
// operations. Closing the queue is what ends the consumers.

@inlinable
func produceParking<Queue: BlockingBoundedQueue>(into queue: Queue, _ task: ProducerTask)
where Queue.Element: BenchmarkElement {
    var backoff = Backoff()
    offerAll(task) { number, tally in
        switch queue.pushBlocking(.make(number: number, byteCount: task.byteCount), timeout: nil) {
        case .accepted:
            tally.accept(number)
            backoff.reset()
            return true
        case .dropped:
            return true
        case .full, .rejected, .cancelled, .timedOut:
            // Only where the policy doesn't wait.
            backoff.pause()
            tally.refused &+= 1
            return true
        case .closed:
            tally.refused &+= 1
            return false
        }
    }
}

/// Takes elements until the queue is closed and empty.
@inlinable
func consumeParking<Queue: BlockingBoundedQueue>(from queue: Queue, _ task: ConsumerTask)
where Queue.Element: BenchmarkElement {
    task.control.waitForStart()
    var completed: UInt64 = 0
    var numberSum: UInt64 = 0
    while case .element(let element) = queue.popBlocking(timeout: nil) {
        completed &+= 1
        numberSum &+= element.number
        if let latency = task.latency { latency.record(number: element.number) }
        serve(nanoseconds: task.serviceNanoseconds)
        // Where each element waits for a thread to be woken, there may not be 64 of them in a whole run.
        task.counts.publish(progress: completed)
        if completed % UInt64(operationsPerLook) == 0 {
            task.counts.publish(completed: completed, offered: 0, refused: 0, numberSum: numberSum)
        }
    }
    task.counts.publish(completed: completed, offered: 0, refused: 0, numberSum: numberSum)
}
