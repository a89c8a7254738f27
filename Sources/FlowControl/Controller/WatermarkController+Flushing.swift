internal import BoundedQueues
internal import CircuitBreakers
internal import ConcurrencySupport

extension WatermarkController {
    /// Flushes until everything is drained, or until the task is cancelled: then what it had in hand is inside again.
    ///
    /// If somebody else flushes already, waits for its turn. It may be run again after it was cancelled.
    public func run() async {
        guard await turn.takeUnlessCancelled() else { return }
        await flushUntilDrained()
        turn.giveBack()
    }

    /// By whoever has the turn.
    func flushUntilDrained() async {
        while !Task.isCancelled {
            // Before anything is looked at: what changes after that has rung since.
            let rung = bell.stamp
            let broken = abort.stamp
            guard core.look({ !$0.isGivingBack && $0.machine.state != .drained }) else { return }
            change { $0.awaitedDepth = .max }
            let statistics = await queue.statistics()
            let now = clock.nanoseconds()
            let decision = change { core in
                let decision = core.flush.decide(
                    now: now,
                    depth: statistics.depth + statistics.stored,
                    capacity: statistics.capacity,
                    isHurried: core.machine.state == .draining
                )
                if case .wait(_, let depth) = decision { core.awaitedDepth = depth }
                return decision
            }
            switch decision {
            case .letter: await sendLetter(since: broken)
            case .flush(let count): await flush(taking: count, rung: rung, since: broken)
            case .wait(let deadline, let depth):
                if await endsDraining(statistics) { return }
                // The queue may have come to that depth between the look at it and the wish.
                let again = await queue.statistics()
                if again.depth + again.stored >= depth { continue }
                await wait(untilNanoseconds: deadline, orRingSince: rung)
            }
        }
    }

    /// Takes elements and flushes them with what is due again.
    private func flush(taking count: Int, rung: Stamp, since broken: Stamp) async {
        // While this is tried, or a push that comes in between would find nobody who waits for it.
        change { $0.awaitedDepth = 1 }
        let taken = count > 0 ? await queue.tryPop(upTo: count) : []
        let batch = change { core in
            let batch = core.flush.beginFlush(taken: taken, now: clock.nanoseconds())
            if !batch.isEmpty { core.awaitedDepth = .max }
            return batch
        }
        // Room was made: before the flush, which may take its time.
        await updateState()
        guard !batch.isEmpty else {
            // A push that is half done hides its element; it rings when it is through.
            return await wait(untilNanoseconds: nil, orRingSince: rung)
        }
        let start = clock.nanoseconds()
        let outcome: Result<FlushResult, any Error>
        do {
            outcome = .success(try await unlessAborted(since: broken) { [sink] in try await sink(batch) })
        } catch {
            outcome = .failure(error)
        }
        let now = clock.nanoseconds()
        let isBrokenOff = Task.isCancelled || abort.stamp.version != broken.version
        change { core in
            switch outcome {
            case .success(let result):
                core.flush.endFlush(result, latencyNanoseconds: now > start ? now - start : 0, now: now)
            case .failure where isBrokenOff: core.flush.breakOffFlush()
            case .failure(let error): core.flush.failFlush(error, now: now)
            }
        }
    }

    private func sendLetter(since broken: Stamp) async {
        guard let deadLetters else { return }
        let letter = change { $0.flush.beginLetter(now: clock.nanoseconds()) }
        guard let letter else { return }
        let isAccepted = await (try? unlessAborted(since: broken) { await deadLetters.accept(letter) }) ?? false
        change { $0.flush.endLetter(isAccepted: isAccepted, now: clock.nanoseconds()) }
    }

    /// Ends draining if nothing is left; `true`: it is ended.
    private func endsDraining(_ statistics: QueueStatistics) async -> Bool {
        let isLast = core.look { $0.machine.state == .draining && $0.flush.inside == 0 }
        guard isLast, statistics.depth + statistics.stored == 0 else { return false }
        // The queue is closed: this waits for pushes that are half done, and says for certain that there is nothing.
        await queue.close()
        if let element = await queue.pop() {
            // Not to be flushed before it is held: this task may be cancelled any time.
            change { $0.flush.hold(taken: element) }
            return false
        }
        guard !Task.isCancelled else { return true }
        change { $0.machine.finishDraining() }
        bell.ring()
        return true
    }

    /// Runs what may take long in a task of its own, so that it can be cancelled from outside this one.
    private func unlessAborted<Value: Sendable>(
        since broken: Stamp,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask { [abort] in
                _ = await abort.changed(since: broken)
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
                // Aborted: cancelled, and waited for all the same.
                group.cancelAll()
            }
            throw CancellationError()
        }
    }

    /// Until the clock reads so much, the bell rings, or the task is cancelled.
    private func wait(untilNanoseconds deadline: UInt64?, orRingSince rung: Stamp) async {
        guard let deadline else {
            _ = await bell.changed(since: rung)
            return
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [clock] in try? await clock.sleep(untilNanoseconds: deadline) }
            group.addTask { [bell] in _ = await bell.changed(since: rung) }
            await group.next()
            group.cancelAll()
        }
    }
}
