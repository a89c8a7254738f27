public import BoundedQueues
public import ConcurrencySupport

// The hot loops that offer and take many elements at once. What a queue took of a batch, and which of it the policy gave
// up, only their sum tells: these loops add up the numbers of all that the queue dealt with, and whoever gathers the
// counts takes off those that the drop handler saw.

@inlinable
func produceBatches<Queue: SynchronousBoundedQueue>(into queue: Queue, _ task: ProducerTask)
where Queue.Element: BenchmarkElement {
    let control = task.control
    var batch = Batch<Queue.Element>(task)
    control.waitForStart()
    var backoff = Backoff()
    run: while !control.isStopping {
        for _ in 0..<task.batchesPerLook {
            batch.fill()
            offers: while true {
                switch batch.count(queue.tryPush(contentsOf: batch.rest)) {
                case .complete:
                    backoff.reset()
                    break offers
                case .full, .cancelled, .timedOut:
                    backoff.pause()
                    if task.offersAgain, !control.isStopping { continue }
                    batch.giveUp()
                    break offers
                case .closed:
                    batch.giveUp()
                    break run
                }
            }
        }
        batch.publish()
    }
    batch.publish()
    control.producerFinished()
}

@inlinable
func consumeBatches<Queue: SynchronousBoundedQueue>(from queue: Queue, _ task: ConsumerTask)
where Queue.Element: BenchmarkElement {
    let control = task.control
    // The only memory there is: nothing is allocated from here on.
    var taken: [Queue.Element] = []
    taken.reserveCapacity(task.batch)
    control.waitForStart()
    var completed: UInt64 = 0
    var numberSum: UInt64 = 0
    var backoff = Backoff()
    run: while true {
        for _ in 0..<task.batchesPerLook {
            _ = queue.tryPop(upTo: task.batch, into: &taken)
            if taken.isEmpty {
                backoff.pause()
                if control.producersAreDone, isEmpty(queue) { break run }
                continue
            }
            backoff.reset()
            completed &+= UInt64(taken.count)
            numberSum &+= serve(taken, task)
            taken.removeAll(keepingCapacity: true)
        }
        task.counts.publish(completed: completed, offered: 0, refused: 0, numberSum: numberSum)
    }
    task.counts.publish(completed: completed, offered: 0, refused: 0, numberSum: numberSum)
}

@inlinable
func produceBatches<Queue: BoundedQueue>(into queue: Queue, _ task: ProducerTask) async
where Queue.Element: BenchmarkElement {
    let control = task.control
    var batch = Batch<Queue.Element>(task)
    await control.waitForStart()
    needsExecutor()
    var looks = 0
    run: while !control.isStopping {
        for _ in 0..<task.batchesPerLook {
            batch.fill()
            let result = await queue.push(contentsOf: batch.rest)
            switch batch.count(result) {
            case .complete: break
            case .full, .cancelled, .timedOut:
                batch.giveUp()
                await Task.yield()
                needsExecutor()
            case .closed:
                batch.giveUp()
                break run
            }
        }
        batch.publish()
        looks &+= 1
        if looks % looksPerYield == 0 { await Task.yield() }
        needsExecutor()
    }
    batch.publish()
    control.producerFinished()
}

/// Takes batches until the queue is closed and empty.
@inlinable
func consumeBatches<Queue: BoundedQueue>(from queue: Queue, _ task: ConsumerTask) async
where Queue.Element: BenchmarkElement {
    // The only memory there is: nothing is allocated from here on.
    var taken: [Queue.Element] = []
    taken.reserveCapacity(task.batch)
    await task.control.waitForStart()
    needsExecutor()
    var completed: UInt64 = 0
    var numberSum: UInt64 = 0
    var batches = 0
    while await queue.pop(upTo: task.batch, into: &taken) > 0 {
        completed &+= UInt64(taken.count)
        numberSum &+= serve(taken, task)
        taken.removeAll(keepingCapacity: true)
        task.counts.publish(progress: completed)
        batches &+= 1
        if batches % task.batchesPerLook == 0 {
            task.counts.publish(completed: completed, offered: 0, refused: 0, numberSum: numberSum)
            if batches % (task.batchesPerLook * looksPerYield) == 0 {
                await Task.yield()
                needsExecutor()
            }
        }
    }
    task.counts.publish(completed: completed, offered: 0, refused: 0, numberSum: numberSum)
}

/// Does what a consumer does with a batch; returns the sum of its numbers.
@inlinable @inline(__always)
func serve<Element: BenchmarkElement>(_ batch: [Element], _ task: ConsumerTask) -> UInt64 {
    if task.serviceNanoseconds > 0 {
        for _ in batch { serve(nanoseconds: task.serviceNanoseconds) }
    }
    // A loop of its own, which the compiler makes vectors of.
    return batch.reduce(0) { $0 &+ $1.number }
}

/// A producer's batch, filled again and again in the same memory, and what became of all of them.
@usableFromInline
struct Batch<Element: BenchmarkElement> {
    @usableFromInline let task: ProducerTask
    @usableFromInline var elements: [Element] = []
    /// How many of them the queue has dealt with.
    @usableFromInline var position = 0
    @usableFromInline var offered: UInt64 = 0
    @usableFromInline var completed: UInt64 = 0
    @usableFromInline var refused: UInt64 = 0
    @usableFromInline var numberSum: UInt64 = 0

    @inlinable
    init(_ task: ProducerTask) {
        self.task = task
        elements.reserveCapacity(task.batch)
    }

    /// What hasn't been dealt with.
    @inlinable @inline(__always)
    var rest: ArraySlice<Element> { elements[position...] }

    /// Makes the next elements.
    @inlinable @inline(__always)
    mutating func fill() {
        let first = task.firstNumber &+ offered
        let byteCount = task.byteCount
        if elements.isEmpty {
            for index in 0..<task.batch { elements.append(.make(number: first &+ UInt64(index), byteCount: byteCount)) }
        } else {
            // In place, which for numbers the compiler makes vectors of.
            elements.withUnsafeMutableBufferPointer { elements in
                for index in elements.indices {
                    elements[index] = .make(number: first &+ UInt64(index), byteCount: byteCount)
                }
            }
        }
        position = 0
        offered &+= UInt64(elements.count)
    }

    /// Counts what the queue says it has dealt with; returns why it took no more.
    @inlinable @inline(__always)
    mutating func count(_ result: BatchPushResult) -> BatchPushResult.Ending {
        // One that says more than there was is caught by the sums, not here.
        let consumed = min(max(result.consumed, 0), elements.count - position)
        let first = task.firstNumber &+ offered &- UInt64(elements.count - position)
        let count = UInt64(consumed)
        completed &+= UInt64(truncatingIfNeeded: result.accepted)
        numberSum &+=
            count &* first &+ (count.isMultiple(of: 2) ? count / 2 &* (count &- 1) : (count &- 1) / 2 &* count)
        position += consumed
        return result.ending
    }

    /// The producer keeps what is left.
    @inlinable @inline(__always)
    mutating func giveUp() {
        refused &+= UInt64(elements.count - position)
        position = elements.count
    }

    @inlinable @inline(__always)
    func publish() {
        task.counts.publish(completed: completed, offered: offered, refused: refused, numberSum: numberSum)
    }
}
