extension CircuitBreaker {
    /// Makes a call if the breaker permits it, and records how it went; also if it throws or its task is cancelled.
    ///
    /// - Parameters:
    ///   - judging: what an error says; unless given: an error that comes of cancellation (a `CancellationError`, or any while
    ///     the task is cancelled) nothing, every other a failure. A call whose error says nothing is as if it had never been
    ///     permitted: a probe gives its place back.
    ///   - body: the call; it takes as long as it runs.
    /// - Throws: ``CircuitBreakerError/open(_:)`` at once if the breaker refuses; else what the call throws, as
    ///   ``CircuitBreakerError/failed(_:)``.
    public nonisolated(nonsending) func run<Result, Failure: Error>(
        judging: (Failure) -> ErrorVerdict = { .ofCall($0) },
        _ body: nonisolated(nonsending) () async throws(Failure) -> Result
    ) async throws(CircuitBreakerError<Failure>) -> Result {
        let permit: CallPermit
        switch await tryAcquire() {
        case .permitted(let given): permit = given
        case .refused(let delay): throw .open(CircuitOpen(retryAfterNanoseconds: delay))
        }
        do {
            let result = try await body()
            await record(permit, .success)
            return result
        } catch {
            switch judging(error) {
            case .failure: await record(permit, .failure)
            case .success: await record(permit, .success)
            case .ignored: await cancel(permit)
            }
            throw .failed(error)
        }
    }

    /// Delivers an element through the breaker; if that refuses, or the delivery throws, it becomes a dead letter. It ends in
    /// one place, which the result tells: delivered, in the sink, or with the caller if the sink has no room.
    ///
    /// A letter of a refused element counts no attempt, one of a failed delivery one. What is cancelled becomes a letter too.
    ///
    /// - Parameters:
    ///   - element: what to deliver.
    ///   - sink: where it goes otherwise.
    ///   - judging: what an error says; see ``run(judging:_:)``.
    ///   - body: the delivery.
    public nonisolated(nonsending) func run<Element: Sendable, Result, Failure: Error>(
        _ element: Element,
        orTo sink: some DeadLetterSink<Element>,
        judging: (Failure) -> ErrorVerdict = { .ofCall($0) },
        _ body: nonisolated(nonsending) (Element) async throws(Failure) -> Result
    ) async -> GuardedDelivery<Element, Result> {
        let letter: DeadLetter<Element>
        do throws(CircuitBreakerError<Failure>) {
            return .delivered(
                try await run(judging: judging) { () async throws(Failure) -> Result in try await body(element) }
            )
        } catch {
            switch error {
            case .open: letter = DeadLetter(element, reason: .circuitOpen, attempts: 0, nanoseconds: nanoseconds())
            case .failed(let error):
                letter = DeadLetter(element, reason: .failed("\(error)"), attempts: 1, nanoseconds: nanoseconds())
            }
        }
        return await sink.accept(letter) ? .deadLettered(letter) : .returned(letter)
    }
}

extension SynchronousCircuitBreaker {
    /// Makes a call on this thread if the breaker permits it, and records how it went; also if it throws.
    ///
    /// - Parameters:
    ///   - judging: what an error says; see ``CircuitBreaker/run(judging:_:)``.
    ///   - body: the call; it takes as long as it runs.
    /// - Throws: ``CircuitBreakerError/open(_:)`` at once if the breaker refuses; else what the call throws, as
    ///   ``CircuitBreakerError/failed(_:)``.
    @inlinable
    public func runBlocking<Result, Failure: Error>(
        judging: (Failure) -> ErrorVerdict = { .ofCall($0) },
        _ body: () throws(Failure) -> Result
    ) throws(CircuitBreakerError<Failure>) -> Result {
        let permit: CallPermit
        switch tryAcquire() {
        case .permitted(let given): permit = given
        case .refused(let delay): throw .open(CircuitOpen(retryAfterNanoseconds: delay))
        }
        do {
            let result = try body()
            record(permit, .success)
            return result
        } catch {
            switch judging(error) {
            case .failure: record(permit, .failure)
            case .success: record(permit, .success)
            case .ignored: cancel(permit)
            }
            throw .failed(error)
        }
    }
}

extension ErrorVerdict {
    /// What an error says unless a caller knows better: nothing if it is a `CancellationError` or the task is cancelled, else
    /// that the call failed.
    public static func ofCall(_ error: any Error) -> ErrorVerdict {
        error is CancellationError || Task.isCancelled ? .ignored : .failure
    }
}
