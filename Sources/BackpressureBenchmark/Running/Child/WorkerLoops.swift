/// Which of a queue's loops carry out a load.
struct WorkerLoops {
    private let load: QueueLoad
    private let driver: Scenario.Driver

    init(_ load: QueueLoad, _ driver: Scenario.Driver) {
        self.load = load
        self.driver = driver
    }

    /// - Parameter back: of a round trip: the queue that the answers take.
    /// - Returns: whether the queue has such a loop.
    func start(_ task: ProducerTask, on queue: QueueInstance, _ back: QueueInstance?, _ workers: Workers) -> Bool {
        switch driver {
        case .threads:
            guard let loops = threadLoops(of: queue) else { return false }
            if let back {
                guard let ask = loops.ask else { return false }
                workers.startThread { ask(task, back) }
                return true
            }
            let batches = load.batch > 1 ? loops.produceBatches : loops.produce
            guard let body = load.arrival == .alternating ? loops.alternate : batches else { return false }
            workers.startThread { body(task) }
        case .tasks:
            guard let loops = queue.tasks else { return false }
            if let back {
                workers.startTask { await loops.ask(task, back) }
                return true
            }
            let batches = load.batch > 1 ? loops.produceBatches : loops.produce
            let body = load.arrival == .alternating ? loops.alternate : batches
            workers.startTask { await body(task) }
        }
        return true
    }

    /// The same for a consumer, or for the worker that answers.
    func start(_ task: ConsumerTask, on queue: QueueInstance, _ back: QueueInstance?, _ workers: Workers) -> Bool {
        switch driver {
        case .threads:
            guard let loops = threadLoops(of: queue) else { return false }
            if let back {
                guard let answer = loops.answer else { return false }
                workers.startThread { answer(task, back) }
                return true
            }
            guard let body = load.batch > 1 ? loops.consumeBatches : loops.consume else { return false }
            workers.startThread { body(task) }
        case .tasks:
            guard let loops = queue.tasks else { return false }
            if let back {
                workers.startTask { await loops.answer(task, back) }
                return true
            }
            let body = load.batch > 1 ? loops.consumeBatches : loops.consume
            workers.startTask { await body(task) }
        }
        return true
    }

    private func threadLoops(of queue: QueueInstance) -> QueueInstance.ThreadLoops? {
        load.waiting == .park ? queue.parkingThreads : queue.threads
    }
}
