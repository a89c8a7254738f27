internal import BoundedQueues
public import CircuitBreakers
internal import ConcurrencySupport

extension WatermarkController {
    /// Shuts down: takes no more, flushes all that was accepted, and returns when nothing is inside. Producers that wait for
    /// room get their elements back.
    ///
    /// What fails is tried again and dead-lettered as ever, so this takes as long as the sink and the dead-letter sink are
    /// away. Flushes itself if nobody runs the controller, or takes over if ``run()`` is cancelled. Once everything is drained
    /// it does nothing more; any number of tasks may wait for it.
    ///
    /// - Throws: `CancellationError` when the task is cancelled before; what is left stays inside, the state is
    ///   ``WatermarkState/draining`` still, and draining may be gone on with.
    public func drain() async throws(CancellationError) {
        await beginDraining()
        guard await drainToTheEnd() else { throw CancellationError() }
    }

    /// Shuts down within a time: like ``drain()``, but what is not flushed when the time is over, or when the task is
    /// cancelled, is given back, oldest first, with its attempts and why they failed.
    ///
    /// A flush that is under way then is cancelled and waited for; a sink that doesn't heed cancellation makes this late.
    /// Afterwards nothing is inside, and the state is ``WatermarkState/drained``.
    public func drain(within time: Duration) async -> [DeadLetter<Element>] {
        let deadline = clock.nanoseconds() &+ time.nanosecondsClamped
        await beginDraining()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [clock] in try? await clock.sleep(untilNanoseconds: deadline) }
            group.addTask { _ = await self.drainToTheEnd() }
            await group.next()
            group.cancelAll()
        }
        return await giveBack()
    }

    private func beginDraining() async {
        change { $0.machine.beginDraining() }
        await queue.close()
        bell.ring()
    }

    /// `false`: cancelled before.
    private func drainToTheEnd() async -> Bool {
        while state != .drained {
            guard await turn.takeUnlessCancelled() else { return false }
            await flushUntilDrained()
            turn.giveBack()
            if Task.isCancelled { return state == .drained }
        }
        return true
    }

    /// Takes everything out. Waits for whoever flushes, cancelled or not: what is in flight must not be lost.
    private func giveBack() async -> [DeadLetter<Element>] {
        guard state != .drained else { return [] }
        change { $0.isGivingBack = true }
        abort.ring()
        bell.ring()
        await turn.take()
        defer { turn.giveBack() }
        guard state != .drained else { return [] }
        var taken: [Element] = []
        while await queue.statistics().holdsElements {
            let more = await queue.tryPop(upTo: queue.capacity)
            // A push that is half done hides its element for a moment.
            if more.isEmpty { await Task.yield() }
            taken += more
        }
        let left = change { core in
            defer { core.machine.finishDraining() }
            return core.flush.giveBack(taken: taken, now: clock.nanoseconds())
        }
        bell.ring()
        return left
    }
}

extension QueueStatistics {
    /// Whether anything is inside.
    var holdsElements: Bool { depth + stored > 0 }
}
