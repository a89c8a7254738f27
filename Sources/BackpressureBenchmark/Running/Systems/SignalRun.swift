import BackpressureTesting
import ConcurrencySupport
import Synchronization

/// A consumer that pauses its producers at random moments: how long until each holds back its first publish.
///
/// Threads of their own, so that nothing but the signal itself is waited for.
struct SignalRun {
    let load: SignalLoad
    let system: any SignalSystem
    let conditions: SystemConditions

    /// A producer that doesn't react within that never will.
    private static let patienceNanoseconds: UInt64 = 5_000_000_000
    /// The target: what a contender should stay below in 99 of 100 cases, and a control must be above.
    private static let targetNanoseconds: UInt64 = 1_000_000

    /// One producer as the consumer sees it.
    private final class Seen: Sendable {
        /// When it held back its first publish since it was last told to go on; 0: it publishes.
        let pausedNanoseconds = Atomic<UInt64>(0)
        let published = Atomic<UInt64>(0)
    }

    func perform() async -> SystemFigures {
        await withUnsafeContinuation { continuation in
            let consumer = WorkerThread { continuation.resume(returning: consume()) }
            consumer.detach()
        }
    }

    private func consume() -> SystemFigures {
        let isOver = SharedFlag()
        let producers = (0..<load.producers).map { _ in Seen() }
        let workers = Workers()
        for seen in producers {
            let producer = system.makeProducer()
            workers.startThread { publish(producer, seen, isOver) }
        }
        var generator = SeededGenerator(seed: conditions.seed)
        var reactions = Latencies()
        var unseen = 0
        let clock = SystemNanosecondClock()
        let start = clock.nanoseconds()
        let end = start + UInt64((conditions.warmupSeconds + conditions.durationSeconds) * 1e9)
        while clock.nanoseconds() < end, unseen == 0 {
            // Between publishes, not in step with them.
            sleep(nanoseconds: 200_000 + generator.below(800_000))
            let saturated = clock.nanoseconds()
            system.set(paused: true)
            unseen += wait(for: producers, toBePaused: true)
            for seen in producers {
                let paused = seen.pausedNanoseconds.load(ordering: .acquiring)
                if paused > 0 { reactions.record(from: saturated, to: paused) }
            }
            system.set(paused: false)
            unseen += wait(for: producers, toBePaused: false)
        }
        let seconds = Double(clock.nanoseconds() - start) / 1e9
        isOver.value.store(true, ordering: .relaxed)
        workers.join()

        let published = producers.reduce(0) { $0 + $1.published.load(ordering: .relaxed) }
        var figures = SystemFigures()
        figures[.throughput] = seconds > 0 ? Double(published) / seconds : nil
        figures.setLatency(reactions)
        figures.promises = [
            .init(what: "signals that a producer never saw", value: Double(unseen), most: 0),
            .init(
                what: "nanoseconds to the first publish held back, at the worst",
                value: reactions.percentile(100) ?? 0,
                most: Double(Self.targetNanoseconds),
                isHard: false
            ),
        ]
        return figures
    }

    /// - Returns: how many of the producers didn't do it in any time.
    private func wait(for producers: [Seen], toBePaused isPaused: Bool) -> Int {
        let clock = SystemNanosecondClock()
        let end = clock.nanoseconds() + Self.patienceNanoseconds
        var others = producers[...]
        while clock.nanoseconds() < end {
            others = others.filter { ($0.pausedNanoseconds.load(ordering: .acquiring) > 0) != isPaused }[...]
            if others.isEmpty { return 0 }
            sleep(nanoseconds: 20_000)
        }
        return others.count
    }

    private func publish(_ producer: any SignalledProducer, _ seen: Seen, _ isOver: SharedFlag) {
        let clock = SystemNanosecondClock()
        var next = clock.nanoseconds()
        while !isOver.value.load(ordering: .relaxed) {
            let isPaused = seen.pausedNanoseconds.load(ordering: .relaxed) > 0
            if producer.mustPause() {
                if !isPaused { seen.pausedNanoseconds.store(clock.nanoseconds(), ordering: .releasing) }
            } else {
                if isPaused { seen.pausedNanoseconds.store(0, ordering: .releasing) }
                seen.published.wrappingAdd(1, ordering: .relaxed)
            }
            next = max(next + UInt64(load.intervalNanoseconds), clock.nanoseconds())
            sleep(untilNanoseconds: next)
        }
    }
}

/// A word that threads share.
private final class SharedFlag: Sendable {
    let value = Atomic(false)
}
