import Synchronization

/// Shows how far a run is: progress with the time left, and each measurement's outcome if asked to be verbose.
final class ProgressReporter: RunObserver {
    private let console: Console
    private let steps: Int
    private let line: Mutex<ProgressLine>
    private let start = ContinuousClock.now

    init(console: Console, steps: Int) {
        self.console = console
        self.steps = steps
        line = Mutex(ProgressLine(terminalWidth: console.terminalWidth))
    }

    func began(_ measurement: RunPlan.Measurement, step: Int, remainingSeconds: Double) {
        began(
            "\(measurement.job.kind.rawValue) of \(measurement.job.label)",
            step: step,
            remainingSeconds: remainingSeconds
        )
    }

    /// Something begins, the first being step 1.
    func began(_ label: String, step: Int, remainingSeconds: Double) {
        guard console.showsProgress else { return }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let text = line.withLock {
            $0.update(
                step: step,
                of: steps,
                label: label,
                remainingSeconds: remainingSeconds,
                atSeconds: seconds
            )
        }
        if let text { console.say(text, terminator: "") }
    }

    func finished(_ result: Runner.Result) {
        guard console.isVerbose else { return }
        clear()
        let job = result.measurement.job
        let head = "\(job.kind.rawValue) of \(job.label), block \(result.measurement.block + 1)"
        guard let report = result.outcome?.report else {
            console.say("\(head): \(result.trouble)")
            return
        }
        let figures = report.metrics.sorted { $0.key < $1.key }.map { "\($0.key) \(Numbers.count($0.value))" }
        console.say("\(head): \(figures.isEmpty ? "done" : figures.joined(separator: ", "))")
    }

    /// Takes the progress line off the terminal.
    func clear() {
        if let text = line.withLock({ $0.clear() }) { console.say(text, terminator: "") }
    }
}
