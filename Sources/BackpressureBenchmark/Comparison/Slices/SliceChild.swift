import Foundation

/// Measures one implementation in one scenario again and again, a slice whenever it is asked.
///
/// Two tools that are compared stay alive beside each other and are asked in turn, so that the machine's moods, which last
/// longer than a slice, meet both; and who isn't asked sleeps.
package enum SliceChild {
    /// The word that makes a tool one of these.
    package static let command = "measure-slices"

    /// Answers requests from standard input until it ends.
    ///
    /// - Parameter options: one scenario file and one implementation.
    /// - Throws: ``RunError`` if there is nothing to measure by them.
    package static func run(_ options: RunOptions, registry: Registry) async throws(RunError) {
        var options = options
        options.sections = [.throughput]
        let plan = try RunPlan(
            options,
            scenarios: await ScenarioCatalog.scenarios(options, registry: registry),
            registry: registry
        )
        let jobs = plan.measurements.filter { one in
            one.job.kind == .speed && one.block == 0 && options.implementations.contains(one.job.implementation)
        }.map(\.job)
        let output = SliceWriter()
        // A thread of its own conducts, so that the pool's threads are left to the tasks that are measured.
        await withUnsafeContinuation { continuation in
            let conductor = WorkerThread {
                output.write(SliceAnswer(version: SliceAnswer.version))
                while let line = readLine() { output.write(answer(to: line, jobs, registry)) }
                continuation.resume()
            }
            conductor.detach()
        }
    }

    private static func answer(to line: String, _ jobs: [MeasurementJob], _ registry: Registry) -> SliceAnswer {
        guard let request = try? JSONDecoder().decode(SliceRequest.self, from: Data(line.utf8)) else {
            return SliceAnswer(failure: "a request was no SliceRequest")
        }
        var answer = SliceAnswer()
        for var job in jobs {
            job.seed = request.seed
            job.warmupSeconds = request.warmupSeconds
            job.durationSeconds = request.durationSeconds
            // Should it hang, the system ends it: the comparison sees that it did.
            alarm(UInt32(clamping: Int(20 + 10 * (request.warmupSeconds + request.durationSeconds))))
            let result = MeasurementChild.measure(job, registry, looksAtNoise: false) { _ in }
            alarm(0)
            switch result {
            case .failure(let error): return SliceAnswer(failure: error.description)
            case .success(let report):
                if let violation = report.violation { return SliceAnswer(failure: violation) }
                answer.samples += Metric.all.compactMap { metric in
                    report[metric].map {
                        .init(driver: job.driver.rawValue, metric: metric.name, unit: metric.unit, value: $0)
                    }
                }
            }
        }
        return answer
    }
}

private struct SliceWriter: Sendable {
    func write(_ answer: SliceAnswer) {
        guard var line = try? JSONEncoder().encode(answer) else { return }
        line.append(0x0A)
        try? FileHandle.standardOutput.write(contentsOf: line)
    }
}
