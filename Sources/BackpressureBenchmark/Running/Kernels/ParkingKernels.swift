public import BoundedQueues
public import ConcurrencySupport
public import Synchronization

// The hot loops for threads that leave the waiting to the queue: those of ThreadKernels.swift with the blocking
// operations. Closing the queue is what ends the consumers.

@inlinable
func produceParking<Queue: BlockingBoundedQueue>(into queue: Queue, _ task: ProducerTask)
where Queue.Element: BenchmarkElement {
    let control = task.control
    control.waitForStart()
    var offered: UInt64 = 0
    var completed: UInt64 = 0
    var refused: UInt64 = 0
    var numberSum: UInt64 = 0
    var backoff = Backoff()

    /// `false`: stop.
    @inline(__always)
    func offer() -> Bool {
        let number = task.firstNumber &+ offered
        offered &+= 1
        switch queue.pushBlocking(.make(number: number, byteCount: task.byteCount), timeout: nil) {
        case .accepted:
            completed &+= 1
            numberSum &+= number
            backoff.reset()
            return true
        case .dropped:
            return true
        case .full, .rejected, .cancelled, .timedOut:
            // Only where the policy doesn't wait.
            backoff.pause()
            refused &+= 1
            return true
        case .closed:
            refused &+= 1
            return false
        }
    }

    if let schedule = task.schedule {
        let start = control.startNanoseconds.load(ordering: .relaxed)
        for time in schedule.times {
            waitUntil(nanoseconds: start &+ time)
            if !offer() || control.isStopping { break }
            // Elements that come at times of their own may be few: of many producers, each with a few, none would be seen.
            task.counts.publish(completed: completed, offered: offered, refused: refused, numberSum: numberSum)
        }
    } else {
        run: while !control.isStopping {
            for _ in 0..<operationsPerLook {
                if !offer() { break run }
            }
            task.counts.publish(completed: completed, offered: offered, refused: refused, numberSum: numberSum)
        }
    }
    task.counts.publish(completed: completed, offered: offered, refused: refused, numberSum: numberSum)
    control.producerFinished()
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
        task.serveBlocking()
        // Where each element waits for a thread to be woken, there may not be 64 of them in a whole run.
        task.counts.publish(progress: completed)
        if completed % UInt64(operationsPerLook) == 0 {
            task.counts.publish(completed: completed, offered: 0, refused: 0, numberSum: numberSum)
        }
    }
    task.counts.publish(completed: completed, offered: 0, refused: 0, numberSum: numberSum)
}
