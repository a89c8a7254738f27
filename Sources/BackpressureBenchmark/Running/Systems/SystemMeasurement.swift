/// One run of a whole system under one load.
struct SystemMeasurement {
    let job: MeasurementJob
    let load: SystemLoad
    let implementation: SystemImplementation

    func perform() throws(MeasurementError) -> MeasurementReport {
        guard job.kind == .system else { throw MeasurementError("systems are measured as a whole") }
        let conditions = SystemConditions(
            seed: job.seed,
            warmupSeconds: job.warmupSeconds,
            durationSeconds: job.durationSeconds
        )
        let (run, load) = (implementation.run, load)
        guard let figures = waitFor({ await run(load, conditions) }) else {
            throw MeasurementError("\(implementation.id) is not for scenarios of the kind \(load.kind.rawValue)")
        }
        var report = MeasurementReport()
        report.metrics = figures.metrics
        report.system = figures
        return report
    }
}
