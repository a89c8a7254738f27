import BackpressureTesting
import ConcurrencySupport
import Foundation
import Synchronization
import Testing

@Suite("Threads that are stopped in the middle of what they do")
struct StalledThreadsTests {
    /// As libdispatch's threads are, which run tasks. `body` runs on the same thread.
    private func lettingNoSignalsThrough(_ body: () -> Void) {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, &before)
        body()
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    @Test("They are stopped again and again, also where whoever starts them lets no signals through")
    func blockedSignals() {
        let threads = 3
        let stopped = Atomic(0)
        lettingNoSignalsThrough {
            StalledThreads.run(threads, seed: 1) { _ in
                let turns = Atomic(0)
                // Many times as long as it takes.
                while StalledThreads.count < 5, turns.add(1, ordering: .relaxed).newValue < 1_000_000 {
                    Backoff.yieldThread()
                }
                if StalledThreads.count >= 5 { stopped.add(1, ordering: .relaxed) }
            }
        }
        #expect(stopped.load(ordering: .relaxed) == threads)
    }
}
