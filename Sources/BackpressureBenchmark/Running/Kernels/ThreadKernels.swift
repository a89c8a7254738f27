public import BoundedQueues
public import ConcurrencySupport
public import Synchronization

// The hot loops for threads. They are generic and inlinable so that `QueueInstance.init` specialises them for the
// queue's own type, in whatever module registers it; a benchmark shows that the protocol then costs nothing.

/// Operations between two looks at the phase of the run.
@usableFromInline let operationsPerLook = 64

@inlinable
func produce<Queue: SynchronousBoundedQueue>(into queue: Queue, _ task: ProducerTask)
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
        let element = Queue.Element.make(number: number, byteCount: task.byteCount)
        offered &+= 1
        while true {
            switch queue.tryPush(element) {
            case .accepted:
                completed &+= 1
                numberSum &+= number
                backoff.reset()
                return true
            case .dropped:
                return true
            case .full, .rejected, .cancelled, .timedOut:
                backoff.pause()
                if task.offersAgain, !control.isStopping { continue }
                refused &+= 1
                return true
            case .closed:
                refused &+= 1
                return false
            }
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

@inlinable
func consume<Queue: SynchronousBoundedQueue>(from queue: Queue, _ task: ConsumerTask)
where Queue.Element: BenchmarkElement {
    let control = task.control
    control.waitForStart()
    var completed: UInt64 = 0
    var numberSum: UInt64 = 0
    var backoff = Backoff()
    run: while true {
        for _ in 0..<operationsPerLook {
            // Asked before the attempt: if nobody produces any more, empty means finished.
            guard let element = queue.tryPop() else {
                backoff.pause()
                if control.producersAreDone, isEmpty(queue) { break run }
                continue
            }
            backoff.reset()
            completed &+= 1
            numberSum &+= element.number
            if let latency = task.latency { latency.record(number: element.number) }
            task.serveBlocking()
        }
        task.counts.publish(completed: completed, offered: 0, refused: 0, numberSum: numberSum)
    }
    task.counts.publish(completed: completed, offered: 0, refused: 0, numberSum: numberSum)
}

/// Whether nothing is in the queue nor in its store.
@inlinable
func isEmpty<Queue: SynchronousBoundedQueue>(_ queue: Queue) -> Bool {
    let statistics = queue.statistics()
    return statistics.depth == 0 && statistics.stored == 0
}

/// One thread that pushes and pops in turn.
@inlinable
func alternate<Queue: SynchronousBoundedQueue>(on queue: Queue, _ task: ProducerTask)
where Queue.Element: BenchmarkElement {
    let control = task.control
    control.waitForStart()
    var pushed: UInt64 = 0
    var completed: UInt64 = 0
    var numberSum: UInt64 = 0
    while completed < task.limit, !control.isStopping {
        for _ in 0..<operationsPerLook {
            let number = task.firstNumber &+ pushed
            guard queue.tryPush(.make(number: number, byteCount: task.byteCount)).isAccepted else { break }
            pushed &+= 1
            guard let element = queue.tryPop() else { continue }
            completed &+= 1
            numberSum &+= element.number
        }
        task.counts.publish(completed: completed, offered: pushed, refused: 0, numberSum: numberSum)
    }
    // In a queue that is right nothing is left; one more than was pushed is enough to show that another isn't.
    while completed <= pushed, let element = queue.tryPop() {
        completed &+= 1
        numberSum &+= element.number
    }
    task.counts.publish(completed: completed, offered: pushed, refused: 0, numberSum: numberSum)
    control.producerFinished()
}
