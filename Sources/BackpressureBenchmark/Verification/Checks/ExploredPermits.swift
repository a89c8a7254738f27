import BackpressureTesting
import ConcurrencySupport
import FlowControl

extension ExtraVerification {
    /// The semaphore on one word in every schedule of a few requests, within bounds.
    static var exploredSemaphore: ExtraVerification {
        explored(
            [
                working(weights: [1, 1], limit: 1, preemptions: 2),
                working(weights: [2, 1], limit: 2, preemptions: 2),
                working(weights: [2, 1, 1], limit: 2, preemptions: 1),
                raising,
            ],
            heldTo: "never above the limit, all are woken"
        )
    }

    /// Threads that wait for permits and work under them; each passes a word that too many must not be at.
    private static func working(weights: [Int], limit: Int, preemptions: Int) -> ExploredScene {
        ExploredScene(
            name: "limit \(limit), threads that need \(weights.map(String.init).joined(separator: ", "))",
            operations: 2 * weights.count,
            preemptions: preemptions
        ) { exploration in
            let semaphore = WordSemaphore<ModelWord>(limit: limit)
            let inProgress = ModelWord(at: exploration.words(1))
            for weight in weights {
                exploration.thread {
                    wait(weight, semaphore, exploration)
                    let before = Int(inProgress.fetchAddRelaxed(UInt(weight)))
                    exploration.expect(before + weight <= limit, "\(before + weight) permits in use of \(limit)")
                    inProgress.addRelaxed(0 &- UInt(weight))
                    semaphore.release(weight)
                }
            }
            exploration.check {
                let statistics = semaphore.statistics()
                exploration.expect(
                    statistics.inUse == 0 && statistics.waiting == 0,
                    "at rest \(statistics.inUse) permits are in use and \(statistics.waiting) requests wait"
                )
                exploration.expect(semaphore.tryAcquire(limit).isGranted, "at rest it refuses")
            }
        }
    }

    /// A limit that is raised while a thread comes to wait.
    private static var raising: ExploredScene {
        ExploredScene(name: "a limit of 2 that is raised to 3", operations: 2, preemptions: 2) { exploration in
            let semaphore = WordSemaphore<ModelWord>(limit: 2)
            _ = semaphore.tryAcquire(2)
            exploration.thread("waiter") { wait(1, semaphore, exploration) }
            exploration.thread("owner") { semaphore.setLimit(3) }
            exploration.check {
                let inUse = semaphore.statistics().inUse
                exploration.expect(inUse == 3, "\(inUse) permits are in use of 3")
            }
        }
    }

    // A plain function, so that the logical threads' bodies, which aren't asynchronous, may call what blocks.
    private static func wait(_ weight: Int, _ semaphore: WordSemaphore<ModelWord>, _ exploration: Exploration) {
        do throws(PermitError) {
            try semaphore.acquireBlocking(weight, timeout: nil)
        } catch {
            exploration.expect(false, "a request was refused: \(error)")
        }
    }
}
