import BoundedQueues

/// The ring driven by a loop that names its type: what the same work costs without the harness's protocol, registry and
/// closures. The scenario `pair` sets it beside `ring`.
func handWrittenRing(capacity: Int) -> QueueInstance {
    let ring = RingQueue<UInt64>(capacity: capacity)
    var loops = QueueInstance.ThreadLoops()
    loops.alternate = { pushAndPopByHand(ring, $0) }
    return QueueInstance(
        queue: ring,
        threads: loops,
        parkingThreads: nil,
        tasks: nil,
        close: { ring.close() },
        statistics: { ring.statistics() }
    )
}

private func pushAndPopByHand(_ ring: RingQueue<UInt64>, _ task: ProducerTask) {
    let control = task.control
    control.waitForStart()
    var pushed: UInt64 = 0
    var completed: UInt64 = 0
    var numberSum: UInt64 = 0
    while completed < task.limit, !control.isStopping {
        for _ in 0..<operationsPerLook {
            guard case .accepted = ring.tryPush(pushed) else { break }
            pushed &+= 1
            guard let element = ring.tryPop() else { continue }
            completed &+= 1
            numberSum &+= element
        }
        task.counts.publish(completed: completed, offered: pushed, refused: 0, numberSum: numberSum)
    }
    control.producerFinished()
}
