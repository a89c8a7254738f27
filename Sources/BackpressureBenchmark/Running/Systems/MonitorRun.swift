import ConcurrencySupport
import Synchronization

/// What recording a latency costs, while somebody reads.
struct MonitorRun {
    let load: MonitorLoad
    let system: RecordingInstance
    let conditions: SystemConditions

    private static let readNanoseconds: UInt64 = 10_000_000
    private static let batch = 256

    func perform() async -> SystemFigures {
        await withUnsafeContinuation { continuation in
            let conductor = WorkerThread { continuation.resume(returning: conduct()) }
            conductor.detach()
        }
    }

    private func conduct() -> SystemFigures {
        let isOver = StopWord()
        let tally = SharedTally()
        let workers = Workers()
        let clock = SystemNanosecondClock()
        let start = clock.nanoseconds()
        for recorder in 0..<load.recorders {
            workers.startThread { record(UInt64(recorder), isOver, tally) }
        }
        let end = start + UInt64((conditions.warmupSeconds + conditions.durationSeconds) * 1e9)
        while clock.nanoseconds() < end {
            sleep(untilNanoseconds: min(end, clock.nanoseconds() + Self.readNanoseconds))
            let read = system.read
            _ = waitFor { await read() }
        }
        isOver.value.store(true, ordering: .relaxed)
        workers.join()
        let seconds = Double(clock.nanoseconds() - start) / 1e9
        let read = system.read
        let seen = waitFor { await read() }
        return figures(tally.value.withLock { $0 }, seen: seen, seconds: seconds)
    }

    private func record(_ seed: UInt64, _ isOver: StopWord, _ tally: SharedTally) {
        // What is set up with the first record isn't part of the others.
        system.recordMany(Self.batch, seed)
        var records = UInt64(Self.batch)
        let before = (cpu: ProcessUsage.cpuNanosecondsOfThisThread(), bytes: Jemalloc.allocatedByThisThread())
        let first = records
        repeat {
            system.recordMany(Self.batch, seed &+ records)
            records += UInt64(Self.batch)
        } while !isOver.value.load(ordering: .relaxed)
        let bytes = Jemalloc.allocatedByThisThread()
        let cpu = ProcessUsage.cpuNanosecondsOfThisThread() - before.cpu
        tally.value.withLock { tally in
            tally.records += records
            tally.measured += records - first
            tally.cpuNanoseconds += cpu
            if let bytes, let begin = before.bytes, let sum = tally.allocatedBytes {
                tally.allocatedBytes = sum + bytes - begin
            } else {
                tally.allocatedBytes = nil
            }
        }
    }

    private func figures(_ tally: SharedTally.Counts, seen: UInt64, seconds: Double) -> SystemFigures {
        var figures = SystemFigures()
        figures.account = ElementAccount(
            offered: Int(tally.records),
            delivered: Int(min(seen, tally.records)),
            lost: Int(tally.records - min(seen, tally.records)),
            surplus: Int(seen - min(seen, tally.records))
        )
        figures[.throughput] = seconds > 0 ? Double(tally.records) / seconds : nil
        guard tally.measured > 0 else { return figures }
        figures[.cpuTime] = tally.cpuNanoseconds / Double(tally.measured)
        if let bytes = tally.allocatedBytes {
            figures[.allocatedBytes] = Double(bytes) / Double(tally.measured)
            figures.promises = [
                .init(what: "bytes allocated while recording", value: Double(bytes), most: 0)
            ]
        }
        return figures
    }
}

/// A word that threads share.
private final class StopWord: Sendable {
    let value = Atomic(false)
}

/// What all recorders have done.
private final class SharedTally: Sendable {
    struct Counts {
        var records: UInt64 = 0
        /// Of those, the ones whose cost is known.
        var measured: UInt64 = 0
        var cpuNanoseconds = 0.0
        /// `nil`: nobody accounts for memory.
        var allocatedBytes: Int? = 0
    }

    let value = Lock(Counts())
}
