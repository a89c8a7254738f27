import ConcurrencySupport
import FlowControl

extension CallerCost {
    /// What it costs to take a permit and to give it back.
    init(_ job: MeasurementJob, _ load: ConcurrencyLimitLoad, _ implementation: ConcurrencyLimitImplementation) {
        self.init(
            job: job,
            callers: load.callers,
            // Waiting takes so long that fewer do.
            batch: load.asking == .wait ? 16 : 256,
            countsGrantsAlone: true
        ) { () throws(MeasurementError) in
            let instance = implementation.make(
                ConcurrencyLimitSetup(limit: load.permits, clock: SystemNanosecondClock())
            )
            let mustKeepPromises = implementation.role == .contender
            let limit = instance.limit
            return Subject(
                onThread: load.asking == .wait ? instance.waitOnThread : instance.tryOnThread,
                onTask: load.asking == .wait ? instance.waitOnTask : instance.tryOnTask
            ) { asked, granted in
                guard mustKeepPromises else { return nil }
                return load.complaint(asked: asked, granted: granted, waitFor { await limit.statistics() })
            }
        }
    }
}

extension ConcurrencyLimitLoad {
    /// What a limit did that it must not do under this load, in words; `nil`: nothing.
    ///
    /// - Parameter statistics: at rest.
    func complaint(asked: Int, granted: Int, _ statistics: ConcurrencyLimitStatistics) -> String? {
        if statistics.inUse != 0 {
            return "\(statistics.inUse) permits are in use, though all were given back"
        }
        if statistics.waiting != 0 { return "\(statistics.waiting) requests wait, though all have ended" }
        if granted < asked, asking == .wait || permits >= callers {
            return "it refused \(asked - granted) of \(asked) requests, though there was a permit for each caller"
        }
        let peak = statistics.peakInUse ?? 0
        return peak > permits ? "\(peak) of \(permits) permits were in use at once" : nil
    }
}
