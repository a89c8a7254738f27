import BackpressureTesting
import ConcurrencySupport
import FlowControl
import Synchronization

extension VerificationCheck {
    /// Threads and tasks at once on one limit, with requests that try, wait, give up and are cancelled.
    static let contendedPermits = VerificationCheck(
        id: "contended-permits",
        mechanism: .concurrencyLimit,
        summary: "threads and tasks at once, trying, waiting and giving up: never above the limit, and all comes back",
        fixedSeconds: 0.3,
        share: 0.3,
        mostSeconds: 60,
        cases: [VerificationCaseForm(fields: ["permits"])],
        reasonAgainst: { subject in
            guard case .concurrencyLimit = subject else { return "for concurrency limits" }
            return nil
        },
        perform: { subject, effort in
            guard case .concurrencyLimit(let implementation) = subject else { return [] }
            return await onConductor {
                let end = ContinuousClock.now + .seconds(effort.seconds)
                var tally = (operations: 0, successes: 0)
                var round: UInt64 = 0
                repeat {
                    for permits in [1, 2, 5] where effort.includes(VerificationCase(("permits", "\(permits)"))) {
                        let setup = ConcurrencyLimitSetup(limit: permits, clock: SystemNanosecondClock())
                        let seed = effort.seed &+ round
                        let run = PermitRound(implementation.make(setup).limit, permits: permits, seed: seed)
                        let complaint = run.complaint()
                        tally.operations += run.asked
                        tally.successes += run.granted
                        if let complaint {
                            let words = "limit \(permits), seed \(seed): \(complaint)"
                            let replay = VerificationReplay(
                                seed: seed,
                                only: VerificationCase(("permits", "\(permits)"))
                            )
                            return [.failed("contended-permits", implementation.heldTo, tally, words, replay)]
                        }
                    }
                    round &+= 1
                } while ContinuousClock.now < end
                return [
                    .passed(
                        "contended-permits",
                        implementation.heldTo,
                        operations: tally.operations,
                        successes: tally.successes
                    )
                ]
            }
        }
    )
}

/// One limit that threads (where they can drive it) and tasks use at once, and what is left when they have ended.
private final class PermitRound: Sendable {
    private static let threads = 3
    private static let tasks = 3
    private static let attempts = 50
    /// Whoever waits longer stands still, or the machine does: the round is over, and the rest tells which.
    private static let patience = Duration.seconds(5)

    private let limit: any ConcurrencyLimit
    private let permits: Int
    private let seed: UInt64
    private let inUse = Atomic(0)
    private let mostInUse = Atomic(0)
    private let requests = Atomic(0)
    private let grants = Atomic(0)
    private let isOver = Atomic(false)

    init(_ limit: any ConcurrencyLimit, permits: Int, seed: UInt64) {
        self.limit = limit
        self.permits = permits
        self.seed = seed
    }

    var asked: Int { requests.load(ordering: .relaxed) }
    var granted: Int { grants.load(ordering: .relaxed) }

    /// What the limit did that it must not do, in words; `nil`: nothing.
    func complaint() -> String? {
        let workers = Workers()
        for task in 0..<Self.tasks { workers.startTask { [self] in await useFromTask(task) } }
        if let limit = limit as? any SynchronousConcurrencyLimit {
            StalledThreads.run(Self.threads, seed: seed) { [self] in use(limit, fromThread: $0) }
        }
        workers.join()
        let most = mostInUse.load(ordering: .relaxed)
        if most > permits { return "\(most) permits were in use at once" }
        return waitFor { [self] in await rest() }
    }

    /// At rest all permits are there, and no more.
    private func rest() async -> String? {
        let statistics = await limit.statistics()
        if statistics.inUse != 0 || statistics.waiting != 0 {
            return "at rest it says that \(statistics.inUse) permits are in use and \(statistics.waiting) requests wait"
        }
        var free = 0
        while free <= permits, await limit.tryAcquire(1).isGranted { free += 1 }
        if free > 0 { await limit.release(free) }
        return free == permits ? nil : "at rest it has \(free > permits ? "more" : "\(free)") permits to grant"
    }

    private func use(_ limit: any SynchronousConcurrencyLimit, fromThread thread: Int) {
        var generator = SeededGenerator(seed: seed, stream: UInt64(thread))
        let blocking = limit as? any BlockingConcurrencyLimit
        for _ in 0..<Self.attempts where !isOver.load(ordering: .relaxed) {
            let weight = Int.random(in: 1...min(permits, 3), using: &generator)
            requests.wrappingAdd(1, ordering: .relaxed)
            if let blocking, Bool.random(using: &generator) {
                // Some give up soon, in the middle of the line.
                let isHasty = Int.random(in: 0..<4, using: &generator) == 0
                let timeout = isHasty ? Duration.microseconds(20) : Self.patience
                do throws(PermitError) {
                    try blocking.acquireBlocking(weight, timeout: timeout)
                } catch {
                    if !isHasty { isOver.store(true, ordering: .relaxed) }
                    continue
                }
            } else if !limit.tryAcquire(weight).isGranted {
                Backoff.yieldThread()
                continue
            }
            hold(weight)
            limit.release(weight)
        }
    }

    private func useFromTask(_ task: Int) async {
        var generator = SeededGenerator(seed: seed, stream: UInt64(Self.threads + task))
        for _ in 0..<Self.attempts where !isOver.load(ordering: .relaxed) {
            let weight = Int.random(in: 1...min(permits, 3), using: &generator)
            requests.wrappingAdd(1, ordering: .relaxed)
            let request = Task { [self] in
                do throws(PermitError) {
                    try await limit.acquire(weight, timeout: Self.patience)
                } catch {
                    if error == .timedOut { isOver.store(true, ordering: .relaxed) }
                    return
                }
                hold(weight)
                await limit.release(weight)
            }
            if Bool.random(using: &generator) {
                for _ in 0..<Int.random(in: 0..<4, using: &generator) { await Task.yield() }
                request.cancel()
            }
            await request.value
        }
    }

    /// Has permits in use for a moment. They are counted after the limit has granted them, and no longer before it knows that
    /// they are free again.
    private func hold(_ weight: Int) {
        grants.wrappingAdd(1, ordering: .relaxed)
        mostInUse.max(inUse.wrappingAdd(weight, ordering: .relaxed).newValue, ordering: .relaxed)
        Backoff.yieldThread()
        inUse.wrappingSubtract(weight, ordering: .relaxed)
    }
}
