internal import ConcurrencySupport

extension FlowSignals {
    /// Returns when the next publish is wanted: at once while nothing is restricted (one atomic load), after a delay while
    /// producers are throttled, not before that is over while they are paused.
    ///
    /// A change while it waits counts at once: a delay ends early when producers may resume, becomes a pause when they are
    /// paused, and is reckoned anew, from when the wait began, when the share has changed. Those who waited out a pause go
    /// on together.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled while it waits. While nothing is restricted a
    ///   cancelled task is given its permission.
    @inlinable @inline(__always)
    public func permission() async throws(CancellationError) {
        if isRestricted { try await waitForPermission() }
    }

    @usableFromInline
    func waitForPermission() async throws(CancellationError) {
        let start = clock.nanoseconds()
        while let wait = wait(since: start, now: clock.nanoseconds()) {
            let goesOn =
                switch wait {
                case .change(let stamp): await latest.changed(since: stamp)
                case .delay(let deadline, let stamp): await sleep(untilNanoseconds: deadline, orChangeSince: stamp)
                }
            guard goesOn else { throw CancellationError() }
        }
        countDelay(since: start)
    }

    /// ``permission()`` for a thread: holds it until the next publish is wanted. Delays are measured on the machine's clock.
    @available(*, noasync, message: "blocks the thread; use permission() in a task")
    public func permissionBlocking() {
        guard isRestricted else { return }
        let clock = SystemNanosecondClock()
        let start = clock.nanoseconds()
        let counted = self.clock.nanoseconds()
        while let wait = wait(since: start, now: clock.nanoseconds()) {
            switch wait {
            case .change(let stamp): _ = latest.changedBlocking(since: stamp, untilNanoseconds: nil)
            case .delay(let deadline, let stamp):
                _ = latest.changedBlocking(since: stamp, untilNanoseconds: deadline)
            }
        }
        countDelay(since: counted)
    }

    private enum Wait {
        /// Until what holds has changed.
        case change(since: Stamp)
        /// The same, but no longer than until the clock reads so much.
        case delay(untilNanoseconds: UInt64, since: Stamp)
    }

    /// What a publish that was asked for at `start` has yet to wait for; `nil`: nothing.
    private func wait(since start: UInt64, now: UInt64) -> Wait? {
        let stamp = latest.stamp
        switch stamp.tag {
        case FlowLevel.fullPace: return nil
        case 0: return .change(since: stamp)
        default:
            let deadline = start &+ delayNanoseconds(pace: stamp.tag)
            return now < deadline ? .delay(untilNanoseconds: deadline, since: stamp) : nil
        }
    }

    private func delayNanoseconds(pace: UInt) -> UInt64 {
        let (product, isTooLarge) = intervalNanoseconds.multipliedReportingOverflow(
            by: UInt64(FlowLevel.fullPace - pace)
        )
        return isTooLarge ? longestDelayNanoseconds : min(product / UInt64(pace), longestDelayNanoseconds)
    }

    /// `false`: cancelled.
    private func sleep(untilNanoseconds deadline: UInt64, orChangeSince stamp: Stamp) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { [clock] in (try? await clock.sleep(untilNanoseconds: deadline)) != nil }
            group.addTask { [latest] in await latest.changed(since: stamp) }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }
}
