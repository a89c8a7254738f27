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
    var backoff = Backoff()
    offerAll(task) { number, tally in
        let element = Queue.Element.make(number: number, byteCount: task.byteCount)
        while true {
            switch queue.tryPush(element) {
            case .accepted:
                tally.accept(number)
                backoff.reset()
                return true
            case .dropped:
                return true
            case .full, .rejected, .cancelled, .timedOut:
                backoff.pause()
                if task.offersAgain, !task.control.isStopping { continue }
                tally.refused &+= 1
                return true
            case .closed:
                tally.refused &+= 1
                return false
            }
        }
    }
}

/// Offers one element after the other, each at its time or as soon as the last was dealt with, until the run stops.
///
/// - Parameter offer: offers the element with this number and counts what became of it; `false`: the queue is closed.
@inlinable @inline(__always)
func offerAll(_ task: ProducerTask, _ offer: (_ number: UInt64, inout ProducerTally) -> Bool) {
    let control = task.control
    control.waitForStart()
    var tally = ProducerTally()

    @inline(__always)
    func offerNext() -> Bool {
        let number = task.firstNumber &+ tally.offered
        tally.offered &+= 1
        return offer(number, &tally)
    }

    if let schedule = task.schedule {
        let start = control.startNanoseconds.load(ordering: .relaxed)
        for time in schedule.times {
            waitUntil(nanoseconds: start &+ time)
            if !offerNext() || control.isStopping { break }
            if tally.offered % UInt64(operationsPerLook) == 0 { tally.publish(task.counts) }
        }
    } else {
        run: while !control.isStopping {
            for _ in 0..<operationsPerLook {
                if !offerNext() { break run }
            }
            tally.publish(task.counts)
        }
    }
    tally.publish(task.counts)
    control.producerFinished()
}

/// What a producer counts until it publishes it.
@usableFromInline
struct ProducerTally {
    @usableFromInline var offered: UInt64 = 0
    @usableFromInline var completed: UInt64 = 0
    @usableFromInline var refused: UInt64 = 0
    @usableFromInline var numberSum: UInt64 = 0

    @inlinable
    init() {}

    @inlinable @inline(__always)
    mutating func accept(_ number: UInt64) {
        completed &+= 1
        numberSum &+= number
    }

    @inlinable @inline(__always)
    func publish(_ counts: WorkerCounts) {
        counts.publish(completed: completed, offered: offered, refused: refused, numberSum: numberSum)
    }
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
            serve(nanoseconds: task.serviceNanoseconds)
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
