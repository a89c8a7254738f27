import Foundation

/// The child's side: reads a job from standard input, makes the measurement, writes what came of it to standard output.
package enum MeasurementChild {
    /// Reads one job and carries it out.
    ///
    /// Returns normally whatever happens to the measurement: the parent learns of it from the messages.
    package static func run(registry: Registry) async {
        let output = MessageWriter()
        do {
            let input = try FileHandle.standardInput.readToEnd() ?? Data()
            let job = try JSONDecoder().decode(MeasurementJob.self, from: input)
            // Should it hang when nobody is left to end it, the system does.
            alarm(UInt32(job.timeLimitSeconds) + 10)
            if let cap = job.cap { try MemoryCap.enter(cap) }
            var registry = registry
            if let library = job.library { try registry.openLibrary(path: library) }
            let known = registry
            // A thread of its own conducts, so that the pool's threads are left to the tasks that are measured.
            let result = await withUnsafeContinuation { continuation in
                let conductor = WorkerThread {
                    continuation.resume(returning: measure(job, known) { output.write(.heartbeat($0)) })
                }
                conductor.detach()
            }
            switch result {
            case .success(let report): output.write(.report(report))
            case .failure(let error): output.write(.failure(error.description))
            }
        } catch {
            output.write(.failure("\(error)"))
        }
    }

    /// Carries out a job in this process.
    ///
    /// - Parameters:
    ///   - looksAtNoise: whether to see, after a measurement of speed, how noisy the machine was.
    ///   - tell: called with signs of life, of a flood.
    static func measure(
        _ job: MeasurementJob,
        _ registry: Registry,
        looksAtNoise: Bool = true,
        tell: @escaping (Heartbeat) -> Void
    ) -> Result<MeasurementReport, MeasurementError> {
        do throws(MeasurementError) {
            var report: MeasurementReport
            switch job.scenario.load {
            case .queue(let load):
                let implementation = try find(job.implementation, among: registry.queues, "queue")
                let measurement = QueueMeasurement(
                    job: job,
                    load: load,
                    implementation: implementation,
                    measuredByYardstick: registry.queues.first { $0.id == implementation.yardstickFor }
                )
                switch job.kind {
                case .speed: report = try measurement.speed()
                case .memory: report = try measurement.memory()
                case .flood:
                    let flood = FloodMeasurement(job: job, load: load, implementation: implementation, tell: tell)
                    report = try flood.perform()
                case .accuracy, .system: throw MeasurementError("this is not measured of queues")
                }
            case .limiter(let load):
                let implementation = try find(job.implementation, among: registry.limiters, "limiter")
                if job.kind == .accuracy {
                    report = try AccuracyMeasurement(job: job, load: load, implementation: implementation).perform()
                } else {
                    report = try cost(CallerCost(job, load, implementation))
                }
            case .breaker(let load):
                let implementation = try find(job.implementation, among: registry.breakers, "circuit breaker")
                report = try cost(CallerCost(job, load, implementation))
            case .concurrencyLimit(let load):
                let limits = registry.concurrencyLimits
                let implementation = try find(job.implementation, among: limits, "concurrency limit")
                report = try cost(CallerCost(job, load, implementation))
            case .system(let load):
                let implementation = try find(job.implementation, among: registry.systems, "system")
                report = try SystemMeasurement(job: job, load: load, implementation: implementation).perform()
            case .flood(let load):
                let implementation = try find(job.implementation, among: registry.systems, "system")
                guard job.kind == .flood, let flood = implementation.flood(load) else {
                    throw MeasurementError(
                        "\(job.implementation) is not for scenarios of the kind \(load.kind.rawValue)"
                    )
                }
                let isControl = implementation.role == .control
                report =
                    try SystemFloodMeasurement(job: job, flood: flood, isControl: isControl, tell: tell).perform()
            }
            if looksAtNoise, job.kind == .speed || job.kind == .system { report.noise = MachineNoise.measure() }
            return .success(report)
        } catch {
            return .failure(error)
        }
    }

    private static func find<Implementation: RegisteredImplementation>(
        _ id: String,
        among all: [Implementation],
        _ kind: String
    ) throws(MeasurementError) -> Implementation {
        guard let found = all.first(where: { $0.id == id }) else {
            throw MeasurementError("no \(kind) is registered as '\(id)'")
        }
        return found
    }

    private static func cost(_ cost: CallerCost) throws(MeasurementError) -> MeasurementReport {
        switch cost.job.kind {
        case .speed: try cost.speed()
        case .memory: try cost.memory()
        case .accuracy, .flood, .system: throw MeasurementError("this is not measured of callers")
        }
    }
}

/// Writes messages as lines of JSON, each in one `write`, so that none is lost in a buffer when the process dies.
///
/// From its making on, what else is printed goes to standard error: a loaded library's words among the messages would be taken
/// for a part of them. One is made in a process.
// Constant; the lock keeps lines whole.
final class MessageWriter: Sendable {
    private let lock = NSLock()
    private let handle: FileHandle

    init() {
        let own = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        if own >= 0 { dup2(STDERR_FILENO, STDOUT_FILENO) }
        handle = own >= 0 ? FileHandle(fileDescriptor: own, closeOnDealloc: false) : .standardOutput
    }

    func write(_ message: ChildMessage) {
        guard var line = try? JSONEncoder().encode(message) else { return }
        line.append(0x0A)
        lock.withLock { try? handle.write(contentsOf: line) }
    }
}
