import ConcurrencySupport
import Synchronization

/// Stages flooded with elements that each have a payload for as long as they are inside.
struct StageFloodRun: Sendable {
    let load: StageFlood
    let make: @Sendable (StagedSetup) -> any StagedSystem

    /// What a system may take for an element beside its payload: its place in a queue, its box, a suspended worker's state.
    private static let bytesPerElement = 1_024
    private static let workerBytes = 4_096
    private static let offersAtOnce = 1_024

    func run(_ counts: FloodCounts) async -> SystemFlood.Bound {
        let clock = SystemNanosecondClock()
        let payloads = PayloadLedger(byteCount: load.payloadBytes)
        let system = make(setup(counts, payloads, clock))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await system.run() }
            await offer(to: system, counts, payloads, clock)
            // What is inside then is passed through without work, so that the run ends.
            await system.finish()
        }
        let (offered, accepted) = (counts.offered.load(ordering: .relaxed), counts.accepted.load(ordering: .relaxed))
        let (refused, taken) = (counts.refused.load(ordering: .relaxed), counts.taken.load(ordering: .relaxed))
        var bound = SystemFlood.Bound(bytes: boundBytes)
        if offered != accepted + refused || accepted != taken {
            bound.violation =
                "offered \(offered) elements, of which \(accepted) were accepted and \(refused) refused, and \(taken) came out"
        }
        return bound
    }

    /// Open loop: what is due is offered, however much that is by then.
    private func offer(
        to system: any StagedSystem,
        _ counts: FloodCounts,
        _ payloads: PayloadLedger,
        _ clock: SystemNanosecondClock
    ) async {
        let start = clock.nanoseconds()
        var number = 0
        while !counts.isOver.load(ordering: .relaxed) {
            let due = Int(Double(clock.nanoseconds() - start) / 1e9 * load.offeredPerSecond)
            let next = min(due, number + Self.offersAtOnce)
            while number < next {
                payloads.make(number)
                counts.offered.add(1, ordering: .relaxed)
                if await system.offer(UInt64(number)) {
                    counts.accepted.add(1, ordering: .relaxed)
                } else {
                    payloads.release(number)
                    counts.refused.add(1, ordering: .relaxed)
                }
                number += 1
            }
            if number >= due { try? await clock.sleep(untilNanoseconds: clock.nanoseconds() + 1_000_000) }
        }
    }

    private func setup(_ counts: FloodCounts, _ payloads: PayloadLedger, _ clock: SystemNanosecondClock) -> StagedSetup
    {
        let (stages, last) = (load.stages, load.stages.count - 1)
        return StagedSetup(
            stages: stages.enumerated().map { index, stage in
                .init(name: CrowdRun.name(ofStage: index), workers: stage.workers, capacity: load.capacity)
            },
            work: { stage, element in
                if !counts.isOver.load(ordering: .relaxed) {
                    let end = clock.nanoseconds() + UInt64(stages[stage].serviceNanoseconds)
                    try? await clock.sleep(untilNanoseconds: end)
                }
                guard stage == last else { return }
                payloads.release(Int(element))
                counts.taken.add(1, ordering: .relaxed)
            },
            deadLetter: { payloads.release(Int($0)) }
        )
    }

    private var boundBytes: Int {
        let payload = Jemalloc.allocationSize(load.payloadBytes + PayloadLedger.headerBytes)
        let workers = load.stages.reduce(0) { $0 + $1.workers }
        return load.bound * (payload + Self.bytesPerElement) + workers * Self.workerBytes + SystemFlood.allowance
    }
}

/// The payloads of the elements that are inside: each is there from before its element is offered until it is through.
private final class PayloadLedger: Sendable {
    /// An array's own.
    static let headerBytes = 32

    private let byteCount: Int
    private let payloads = Lock([Int: [UInt8]]())

    init(byteCount: Int) {
        self.byteCount = byteCount
    }

    /// Written to, so that it takes memory and not only addresses.
    func make(_ number: Int) {
        let payload = [UInt8](repeating: 1, count: byteCount)
        payloads.withLock { $0[number] = payload }
    }

    func release(_ number: Int) {
        payloads.withLock { _ = $0.removeValue(forKey: number) }
    }
}
