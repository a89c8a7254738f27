public import BoundedQueues
public import Synchronization

// The hot loops for tasks: the same work as the thread kernels, with the suspending operations.

/// Looks at the phase between two times that a task lets others run. A task that never had to suspend would otherwise
/// keep its thread for good; at this rate the courtesy costs below a nanosecond an operation.
@usableFromInline let looksPerYield = 16

/// The same, in operations.
@usableFromInline let operationsPerTaskYield = UInt64(operationsPerLook * looksPerYield)

@inlinable
func produce<Queue: BoundedQueue>(into queue: Queue, _ task: ProducerTask) async where Queue.Element: BenchmarkElement {
    let control = task.control
    await control.waitForStart()
    var offered: UInt64 = 0
    var completed: UInt64 = 0
    var refused: UInt64 = 0
    var numberSum: UInt64 = 0
    var looks = 0

    /// `false`: stop.
    @inline(__always)
    func offer() async -> Bool {
        let number = task.firstNumber &+ offered
        offered &+= 1
        switch await queue.push(.make(number: number, byteCount: task.byteCount)) {
        case .accepted:
            completed &+= 1
            numberSum &+= number
            return true
        case .dropped:
            return true
        case .full, .rejected, .cancelled, .timedOut:
            refused &+= 1
            await Task.yield()
            needsExecutor()
            return true
        case .closed:
            refused &+= 1
            return false
        }
    }

    if let schedule = task.schedule {
        let start = control.startNanoseconds.load(ordering: .relaxed)
        for index in schedule.times.indices {
            await waitUntil(nanoseconds: start &+ schedule.times[index])
            let goesOn = await offer()
            if !goesOn || control.isStopping { break }
            // Elements that come at times of their own may be few: of many producers, each with a few, none would be seen.
            task.counts.publish(completed: completed, offered: offered, refused: refused, numberSum: numberSum)
        }
    } else {
        run: while !control.isStopping {
            for _ in 0..<operationsPerLook {
                let goesOn = await offer()
                if !goesOn { break run }
            }
            task.counts.publish(completed: completed, offered: offered, refused: refused, numberSum: numberSum)
            looks &+= 1
            if looks % looksPerYield == 0 { await Task.yield() }
            needsExecutor()
        }
    }
    task.counts.publish(completed: completed, offered: offered, refused: refused, numberSum: numberSum)
    control.producerFinished()
}

/// Takes elements until the queue is closed and empty.
@inlinable
func consume<Queue: BoundedQueue>(from queue: Queue, _ task: ConsumerTask) async
where Queue.Element: BenchmarkElement {
    await task.control.waitForStart()
    needsExecutor()
    var completed: UInt64 = 0
    var numberSum: UInt64 = 0
    while let element = await queue.pop() {
        completed &+= 1
        numberSum &+= element.number
        if let latency = task.latency { latency.record(number: element.number) }
        if task.isSlow {
            await task.work()
            needsExecutor()
        }
        // At a rate of the producers' own there may not be 64 of them in a whole run.
        task.counts.publish(progress: completed)
        if completed % UInt64(operationsPerLook) == 0 {
            task.counts.publish(completed: completed, offered: 0, refused: 0, numberSum: numberSum)
            if completed % operationsPerTaskYield == 0 {
                await Task.yield()
                needsExecutor()
            }
        }
    }
    task.counts.publish(completed: completed, offered: 0, refused: 0, numberSum: numberSum)
}

/// One task that pushes and pops in turn.
@inlinable
func alternate<Queue: BoundedQueue>(on queue: Queue, _ task: ProducerTask) async
where Queue.Element: BenchmarkElement {
    let control = task.control
    await control.waitForStart()
    needsExecutor()
    var pushed: UInt64 = 0
    var completed: UInt64 = 0
    var numberSum: UInt64 = 0
    var looks = 0
    while completed < task.limit, !control.isStopping {
        for _ in 0..<operationsPerLook {
            let number = task.firstNumber &+ pushed
            guard await queue.push(.make(number: number, byteCount: task.byteCount)).isAccepted else { break }
            pushed &+= 1
            guard let element = await queue.pop() else { continue }
            completed &+= 1
            numberSum &+= element.number
        }
        task.counts.publish(completed: completed, offered: pushed, refused: 0, numberSum: numberSum)
        looks &+= 1
        if looks % looksPerYield == 0 {
            await Task.yield()
            needsExecutor()
        }
    }
    // In a queue that is right nothing is left; one more than was pushed is enough to show that another isn't.
    while completed <= pushed, let element = await queue.tryPop() {
        completed &+= 1
        numberSum &+= element.number
    }
    task.counts.publish(completed: completed, offered: pushed, refused: 0, numberSum: numberSum)
    control.producerFinished()
}
