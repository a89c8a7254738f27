public import BoundedQueues
public import ConcurrencySupport

// One element on its way: through one queue to the worker that answers, and back through a second one of the same type.
//
// At the end the first queue is closed; the one that answers finishes what is in it, says that it is done, and then the
// second queue is closed: so whoever asks gets every answer that there is, and doesn't wait for one that was lost.
//
// A library's queue may still take a push that was under way while it was closed, when the one that answers has looked for
// the last time. So whoever asks looks into the first queue after everybody else has gone: what is there wasn't lost.

@inlinable
func ask<Queue: SynchronousBoundedQueue>(there: Queue, back: Queue, _ task: ProducerTask)
where Queue.Element: BenchmarkElement {
    let control = task.control
    var trips = Trips(task)
    control.waitForStart()
    var backoff = Backoff()
    run: while !control.isStopping {
        trips.depart()
        offers: while true {
            switch there.tryPush(.make(number: trips.number, byteCount: task.byteCount)) {
            case .accepted: break offers
            case .full where !control.isStopping: backoff.pause()
            default:
                trips.stayAtHome()
                break run
            }
        }
        while true {
            // Asked before the attempt: if nobody answers any more, empty means finished.
            let isFinished = control.producersAreDone
            if let element = back.tryPop() {
                trips.arrive(element.number)
                backoff.reset()
                break
            }
            if isFinished { break run }
            backoff.pause()
        }
    }
    while true {
        let isFinished = control.answersAreOver
        if let element = back.tryPop() { trips.countStray(element.number) } else if isFinished { break }
        backoff.pause()
    }
    while let element = there.tryPop() { trips.countStray(element.number) }
    trips.publish()
}

@inlinable
func answer<Queue: SynchronousBoundedQueue>(from there: Queue, to back: Queue, _ task: ConsumerTask)
where Queue.Element: BenchmarkElement {
    let control = task.control
    control.waitForStart()
    var backoff = Backoff()
    run: while true {
        // Asked before the attempt: a queue that was closed gets no more.
        let isFinished = control.questionsAreOver
        guard let element = there.tryPop() else {
            if isFinished, isEmpty(there) { break }
            backoff.pause()
            continue
        }
        backoff.reset()
        while case .full = back.tryPush(element) {
            if control.isStopping { break run }
            backoff.pause()
        }
    }
    control.producerFinished()
}

@inlinable
func askParking<Queue: BlockingBoundedQueue>(there: Queue, back: Queue, _ task: ProducerTask)
where Queue.Element: BenchmarkElement {
    let control = task.control
    var trips = Trips(task)
    control.waitForStart()
    run: while !control.isStopping {
        trips.depart()
        guard there.pushBlocking(.make(number: trips.number, byteCount: task.byteCount), timeout: nil).isAccepted else {
            trips.stayAtHome()
            break
        }
        guard case .element(let element) = back.popBlocking(timeout: nil) else { break }
        trips.arrive(element.number)
    }
    while case .element(let element) = back.popBlocking(timeout: nil) { trips.countStray(element.number) }
    while case .element(let element) = there.popBlocking(timeout: nil) { trips.countStray(element.number) }
    trips.publish()
}

@inlinable
func answerParking<Queue: BlockingBoundedQueue>(from there: Queue, to back: Queue, _ task: ConsumerTask)
where Queue.Element: BenchmarkElement {
    task.control.waitForStart()
    while case .element(let element) = there.popBlocking(timeout: nil) {
        _ = back.pushBlocking(element, timeout: nil)
    }
    task.control.producerFinished()
}

@inlinable
func ask<Queue: BoundedQueue>(there: Queue, back: Queue, _ task: ProducerTask) async
where Queue.Element: BenchmarkElement {
    let control = task.control
    var trips = Trips(task)
    await control.waitForStart()
    needsExecutor()
    run: while !control.isStopping {
        trips.depart()
        guard await there.push(.make(number: trips.number, byteCount: task.byteCount)).isAccepted else {
            trips.stayAtHome()
            break
        }
        guard let element = await back.pop() else { break }
        trips.arrive(element.number)
        if trips.returned % operationsPerTaskYield == 0 {
            await Task.yield()
            needsExecutor()
        }
    }
    while let element = await back.pop() {
        trips.countStray(element.number)
        await Task.yield()
    }
    while let element = await there.pop() { trips.countStray(element.number) }
    trips.publish()
}

@inlinable
func answer<Queue: BoundedQueue>(from there: Queue, to back: Queue, _ task: ConsumerTask) async
where Queue.Element: BenchmarkElement {
    await task.control.waitForStart()
    needsExecutor()
    var answered: UInt64 = 0
    while let element = await there.pop() {
        _ = await back.push(element)
        answered &+= 1
        if answered % operationsPerTaskYield == 0 {
            await Task.yield()
            needsExecutor()
        }
    }
    task.control.producerFinished()
}

/// What whoever asks notes down: the times, and what came back.
@usableFromInline
struct Trips {
    @usableFromInline let task: ProducerTask
    @usableFromInline let clock = SystemNanosecondClock()
    @usableFromInline var departure: UInt64 = 0
    /// Elements on their way so far; their numbers follow each other.
    @usableFromInline var departed: UInt64 = 0
    @usableFromInline var refused: UInt64 = 0
    @usableFromInline var returned: UInt64 = 0
    @usableFromInline var numberSum: UInt64 = 0

    @inlinable
    init(_ task: ProducerTask) { self.task = task }

    /// The number of the element that departed last.
    @inlinable @inline(__always)
    var number: UInt64 { task.firstNumber &+ departed &- 1 }

    @inlinable @inline(__always)
    mutating func depart() {
        departed &+= 1
        departure = clock.nanoseconds()
    }

    /// The queue didn't take it.
    @inlinable @inline(__always)
    mutating func stayAtHome() {
        departed &-= 1
        refused &+= 1
    }

    @inlinable @inline(__always)
    mutating func arrive(_ number: UInt64) {
        let now = clock.nanoseconds()
        if let latency = task.latency { latency.record(from: departure, to: now) }
        returned &+= 1
        numberSum &+= number
        publish()
    }

    /// One that came back when nobody waited for it: the answer to a question asked as the run ended, or one too many.
    @inlinable @inline(__always)
    mutating func countStray(_ number: UInt64) {
        returned &+= 1
        numberSum &+= number
    }

    @inlinable @inline(__always)
    func publish() {
        task.counts.publish(completed: returned, offered: departed &+ refused, refused: refused, numberSum: numberSum)
    }
}
