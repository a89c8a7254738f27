import BackpressureTesting
import ConcurrencySupport
import Foundation
import Synchronization
import Testing

@Suite("Threads that are stopped in the middle of what they do")
struct StalledThreadsTests {
    private final class Count: Sendable {
        let value = Atomic(0)
    }

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
        let stopped = Count()
        lettingNoSignalsThrough {
            StalledThreads.run(threads, seed: 1) { _ in
                let turns = Count()
                // Many times as long as it takes.
                while StalledThreads.count < 5, turns.value.add(1, ordering: .relaxed).newValue < 1_000_000 {
                    Backoff.yieldThread()
                }
                if StalledThreads.count >= 5 { stopped.value.add(1, ordering: .relaxed) }
            }
        }
        #expect(stopped.value.load(ordering: .relaxed) == threads)
    }
}
