import ConcurrencySupport
import FlowControl
import Foundation
import Synchronization
import Testing

@Suite("Semaphores driven by threads and tasks at once", .timeLimit(.minutes(3)))
struct SemaphoreThreadTests {
    private final class Use: Sendable {
        let inUse = Atomic<Int>(0)
        let most = Atomic<Int>(0)
        let granted = Atomic<Int>(0)
        let done = Atomic<Int>(0)

        func work(_ weight: Int) {
            most.max(inUse.wrappingAdd(weight, ordering: .relaxed).newValue, ordering: .relaxed)
            granted.wrappingAdd(1, ordering: .relaxed)
            inUse.wrappingSubtract(weight, ordering: .relaxed)
        }
    }

    private func compete<Limit: BlockingConcurrencyLimit & AdjustableConcurrencyLimit>(_ limit: Limit) async {
        let use = Use()
        let (threads, rounds) = (3, 3_000)
        await withTaskGroup { group in
            for thread in 0..<threads {
                group.addTask {
                    await withUnsafeContinuation { continuation in
                        Thread.detachNewThread {
                            for round in 0..<rounds {
                                let weight = 1 + (round + thread) % 3
                                if round % 2 == 0 {
                                    guard (try? limit.acquireBlocking(weight, timeout: nil)) != nil else { continue }
                                } else {
                                    guard limit.tryAcquire(weight).isGranted else { continue }
                                }
                                use.work(weight)
                                limit.release(weight)
                            }
                            continuation.resume()
                        }
                    }
                }
            }
            for task in 0..<2 {
                group.addTask {
                    for round in 0..<rounds {
                        let weight = 1 + (round + task) % 3
                        let child = Task {
                            try await limit.withPermit(weight, timeout: nil) { use.work(weight) }
                        }
                        if round % 3 == 0 { child.cancel() }
                        _ = await child.result
                    }
                    use.done.wrappingAdd(1, ordering: .relaxed)
                }
            }
            group.addTask {
                // Never below what the heaviest needs.
                while use.done.load(ordering: .relaxed) < 2 {
                    await limit.setLimit(3)
                    await Task.yield()
                    await limit.setLimit(4)
                    await Task.yield()
                }
            }
        }
        let statistics = await limit.statistics()
        #expect(use.most.load(ordering: .relaxed) <= 4)
        #expect(use.granted.load(ordering: .relaxed) > rounds)
        #expect(statistics.inUse == 0 && statistics.waiting == 0)
        if let granted = statistics.granted { #expect(Int(granted) == use.granted.load(ordering: .relaxed)) }
        #expect(await limit.tryAcquire(statistics.limit).isGranted)
    }

    @Test("Behind a lock: never more than the limit, and nothing in use at rest")
    func mutex() async { await compete(MutexSemaphore(limit: 4)) }

    @Test("On one word: never more than the limit, and nothing in use at rest")
    func lockFree() async { await compete(LockFreeSemaphore(limit: 4, countsRequests: true)) }
}
