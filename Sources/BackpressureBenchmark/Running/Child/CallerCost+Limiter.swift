import ConcurrencySupport
import RateLimiters

extension CallerCost {
    /// What a rate limiter's decisions cost.
    init(_ job: MeasurementJob, _ load: LimiterLoad, _ implementation: LimiterImplementation) {
        self.init(job: job, callers: load.callers) { () throws(MeasurementError) in
            let setup = LimiterSetup(rate: load.rate, burst: load.burst, clock: SystemNanosecondClock())
            let limiter = implementation.real(setup)
            if let failure = limiter.failure { throw MeasurementError(failure) }
            return Subject(onThread: limiter.repeatOnThread, onTask: limiter.repeatOnTask)
        }
    }
}
