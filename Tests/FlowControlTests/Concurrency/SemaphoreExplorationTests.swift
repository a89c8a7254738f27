import BackpressureTesting
import ConcurrencySupport
import Testing

@testable import FlowControl

/// ``WordSemaphore`` on model words: what ``LockFreeSemaphore`` is, word for word.
@Suite("The semaphore on one word in every schedule", .timeLimit(.minutes(3)))
struct SemaphoreExplorationTests {
    private typealias Semaphore = WordSemaphore<ModelWord>

    /// Threads that work under permits; each passes a word that others must not touch at the same time.
    private func work(weights: [Int], limit: Int, _ exploration: Exploration) {
        let semaphore = Semaphore(limit: limit)
        let inProgress = ModelWord(at: exploration.words(1))
        for weight in weights {
            exploration.thread {
                do throws(PermitError) {
                    try semaphore.acquireBlocking(weight)
                } catch {
                    exploration.expect(false, "a request was refused: \(error)")
                }
                let before = inProgress.fetchAddRelaxed(UInt(weight))
                exploration.expect(Int(before) + weight <= limit, "\(Int(before) + weight) permits in use of \(limit)")
                inProgress.addRelaxed(0 &- UInt(weight))
                semaphore.release(weight)
            }
        }
        exploration.check {
            let statistics = semaphore.statistics()
            exploration.expect(statistics.inUse == 0 && statistics.waiting == 0, "\(statistics)")
            exploration.expect(semaphore.tryAcquire(limit).isGranted, "a semaphore at rest refuses")
        }
    }

    @Test(
        "Threads that wait for permits are all woken, and never too many use them",
        arguments: [([1, 1], 1), ([2, 1], 2)]
    )
    func waiting(weights: [Int], limit: Int) {
        let report = ScheduleExplorer(preemptions: 2).explore { work(weights: weights, limit: limit, $0) }
        #expect(report.passed, "\(report)")
    }

    @Test("Three threads, one of which needs all the permits")
    func three() {
        let report = ScheduleExplorer(preemptions: 1).explore { work(weights: [2, 1, 1], limit: 2, $0) }
        #expect(report.passed, "\(report)")
    }

    @Test("A limit that is raised while a thread comes to wait lets it in")
    func raising() {
        let report = ScheduleExplorer(preemptions: 2).explore { exploration in
            let semaphore = Semaphore(limit: 2)
            _ = semaphore.tryAcquire(2)
            exploration.thread("waiter") {
                do throws(PermitError) { try semaphore.acquireBlocking(1) } catch {
                    exploration.expect(false, "a request was refused: \(error)")
                }
            }
            exploration.thread("owner") { semaphore.setLimit(3) }
            exploration.check { exploration.expect(semaphore.inUse == 3, "\(semaphore.inUse) permits in use") }
        }
        #expect(report.passed, "\(report)")
    }

    /// A word whose additions are a look and a store: the mark of a request that comes to wait in between is overwritten.
    private struct ForgetfulWord: AtomicWord {
        typealias Semaphore = ModelSemaphore
        private let word: ModelWord
        init(at address: UnsafeMutableRawPointer) { word = ModelWord(at: address) }
        func initialize(to value: UInt) { word.initialize(to: value) }
        func loadRelaxed() -> UInt { word.loadRelaxed() }
        func loadAcquiring() -> UInt { word.loadAcquiring() }
        func loadSequentiallyConsistent() -> UInt { word.loadSequentiallyConsistent() }
        func storeRelaxed(_ value: UInt) { word.storeRelaxed(value) }
        func storeReleasing(_ value: UInt) { word.storeReleasing(value) }
        func storeSequentiallyConsistent(_ value: UInt) { word.storeSequentiallyConsistent(value) }
        func weakCompareExchangeSequentiallyConsistent(
            expected: UInt,
            desired: UInt
        ) -> (exchanged: Bool, original: UInt) {
            compareExchangeSequentiallyConsistent(expected: expected, desired: desired)
        }
        func compareExchangeSequentiallyConsistent(expected: UInt, desired: UInt) -> (exchanged: Bool, original: UInt) {
            word.compareExchangeSequentiallyConsistent(expected: expected, desired: desired)
        }
        func fetchOrSequentiallyConsistent(_ bits: UInt) -> UInt { word.fetchOrSequentiallyConsistent(bits) }
        func addSequentiallyConsistent(_ amount: UInt) { word.addSequentiallyConsistent(amount) }
        func fetchAddSequentiallyConsistent(_ amount: UInt) -> UInt {
            let original = word.loadSequentiallyConsistent()
            word.storeSequentiallyConsistent(original &+ amount)
            return original
        }
        func addRelaxed(_ amount: UInt) { word.addRelaxed(amount) }
        func fetchAddRelaxed(_ amount: UInt) -> UInt { word.fetchAddRelaxed(amount) }
        static func fullFence() { ModelWord.fullFence() }
        static func lightFence() { ModelWord.lightFence() }
        static func heavyFence() { ModelWord.heavyFence() }
        func willLock() { word.willLock() }
        func didUnlock() { word.didUnlock() }
        static var backoff: Backoff { ModelWord.backoff }
        static func pause(_ backoff: inout Backoff) { ModelWord.pause(&backoff) }
        static func yieldThread() { ModelWord.yieldThread() }
    }

    @Test("If permits were given back by a look and a store, one that came to wait in between would not be woken")
    func lostWakeUp() throws {
        let report = ScheduleExplorer(preemptions: 2).explore { exploration in
            let semaphore = WordSemaphore<ForgetfulWord>(limit: 1)
            _ = semaphore.tryAcquire(1)
            exploration.thread("waiter") {
                do throws(PermitError) { try semaphore.acquireBlocking(1) } catch {
                    exploration.expect(false, "a request was refused: \(error)")
                }
            }
            exploration.thread("holder") { semaphore.release(1) }
        }
        let failure = try #require(report.failure, "\(report)")
        #expect(failure.message.contains("deadlock: waiter waits"), "\(failure)")
        #expect(failure.execution <= 500, "\(failure)")
    }
}
