internal import ConcurrencySupport
public import Logging
public import Metrics

/// Watches queues and whatever else work flows through, and says how loaded each is and why: percentiles of latency over a
/// moving window, throughput, depth, how far consumers are behind, and a level from at least two indicators that agree.
///
/// ```swift
/// let monitor = LagMonitor(logger: logger, metrics: metrics)
/// let latency = monitor.watch("orders", .queue(orders), bounds: LoadBounds(latency: .milliseconds(200)))
/// latency.record(took)                       // wherever an order is done; some nanoseconds
/// // In a ServiceGroup, or any task:
/// try await monitor.run()
/// ```
///
/// What it promises:
/// - **Recording costs the recorded nothing that could be felt:** see ``LatencyRecorder``.
/// - **Memory is constant** for each thing watched, whatever is recorded and however slowly snapshots are read.
/// - **One reading at a time decides.** ``read()`` may be called beside ``run()``; levels and counters change as if the
///   readings had come one after the other. A change of level or state is logged once.
/// - **Nothing is read between readings:** a burst that comes and goes between two of them is seen in the percentiles and
///   rates, not in the depth.
///
/// It only watches. To act on what it sees, follow ``snapshots`` and drive a signal or a limiter.
public final class LagMonitor: Sendable {
    private struct Entry: Sendable {
        var id: UInt64
        var monitored: any Monitored
        var watched: Watched
        /// Made with the first reading, which tells the kind.
        var export: MetricsExport?
    }

    private struct State: Sendable {
        var entries: [Entry] = []
        var nextID: UInt64 = 0
    }

    /// How it reads.
    public let settings: MonitorSettings
    private let clock: any NanosecondClock
    private let logger: Logger
    private let metrics: any MetricsFactory
    private let feed = SnapshotFeed()
    private let state = Lock(State())

    /// A monitor that watches nothing yet.
    ///
    /// - Parameters:
    ///   - settings: how it reads.
    ///   - clock: what its window is measured on. Not generic: it is read once for each reading, never for a record.
    ///   - logger: where changes of level and state are logged: `warning` when a level rises, else `notice`.
    ///   - metrics: where figures are exported, with each reading, under the names of ``MetricNames``.
    public init(
        settings: MonitorSettings = .standard,
        clock: some NanosecondClock = SystemNanosecondClock(),
        logger: Logger,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance
    ) {
        self.settings = settings
        self.clock = clock
        self.logger = logger
        self.metrics = metrics
    }

    /// Watches something from now on.
    ///
    /// - Parameters:
    ///   - name: how it is called in findings, logs and metrics. Each watched thing has a name of its own, else a
    ///     precondition fails: names are few and don't depend on input.
    ///   - monitored: what is asked for figures with each reading.
    ///   - bounds: what is bearable for it.
    ///   - thresholds: from which readings on it is called degraded or overloaded.
    ///   - recorder: where its latencies are recorded; each thing watched needs its own.
    /// - Returns: that recorder. What the latency is, is the caller's to say: the time in the queue, the whole way.
    @discardableResult
    public func watch(
        _ name: String,
        _ monitored: some Monitored,
        bounds: LoadBounds = .standard,
        thresholds: LevelThresholds = .standard,
        recorder: LatencyRecorder = LatencyRecorder()
    ) -> LatencyRecorder {
        let watched = Watched(
            name: name,
            recorder: recorder,
            bounds: bounds,
            thresholds: thresholds,
            settings: settings
        )
        let isNew = state.withLock { state in
            if state.entries.contains(where: { $0.watched.name == name }) { return false }
            state.nextID += 1
            state.entries.append(Entry(id: state.nextID, monitored: monitored, watched: watched, export: nil))
            return true
        }
        precondition(isNew, "'\(name)' is watched already; each thing needs a name of its own")
        return recorder
    }

    /// Watches something no longer, and takes its metrics back. Does nothing where none has that name.
    public func stopWatching(_ name: String) {
        let export = state.withLock { state -> MetricsExport? in
            guard let index = state.entries.firstIndex(where: { $0.watched.name == name }) else { return nil }
            return state.entries.remove(at: index).export
        }
        export?.destroy()
    }

    /// The snapshots that ``run()`` and ``read()`` make from now on.
    public var snapshots: MonitorSnapshots { MonitorSnapshots(feed: feed) }

    /// Reads everything now, decides the levels, exports, logs what has changed, and hands the snapshot to those who
    /// follow ``snapshots``. O(things watched × (parts of the window × counters)); some tens of microseconds each.
    @discardableResult
    public func read() async -> MonitorSnapshot {
        let asked = state.withLock { $0.entries.map { (id: $0.id, monitored: $0.monitored) } }
        var gauges: [UInt64: Gauges] = [:]
        for (id, monitored) in asked { gauges[id] = await monitored.gauges() }
        let (now, outcomes) = decide(gauges)
        // Handlers of logs and metrics are other people's code: never called under the lock.
        for (outcome, export) in outcomes {
            export.export(outcome.reading, flow: outcome.flow, levelChanged: outcome.levelChanged)
            log(outcome)
        }
        let snapshot = MonitorSnapshot(nanoseconds: now, readings: outcomes.map(\.outcome.reading))
        feed.send(snapshot)
        return snapshot
    }

    private typealias Decided = (outcome: Watched.Outcome, export: MetricsExport)

    private func decide(_ gauges: [UInt64: Gauges]) -> (now: UInt64, outcomes: [Decided]) {
        state.withLock { state in
            // Read under the lock, so that time goes on from one decision to the next.
            let now = clock.nanoseconds()
            var outcomes: [Decided] = []
            for index in state.entries.indices {
                guard let gauges = gauges[state.entries[index].id] else { continue }
                let name = state.entries[index].watched.name
                let export =
                    state.entries[index].export
                    ?? MetricsExport(name: name, kind: gauges.kind, factory: metrics)
                state.entries[index].export = export
                outcomes.append((state.entries[index].watched.read(gauges, now: now), export))
            }
            return (now, outcomes)
        }
    }

    private func log(_ outcome: Watched.Outcome) {
        let reading = outcome.reading
        if outcome.levelChanged {
            let rises = reading.level > outcome.levelBefore
            logger.log(
                level: rises ? .warning : .notice,
                "load level changed",
                metadata: [
                    "name": "\(reading.name)", "kind": "\(reading.gauges.kind)",
                    "from": "\(outcome.levelBefore)", "to": "\(reading.level)",
                    "findings": .array(reading.findings.map { .string($0.description) }),
                ]
            )
        }
        if let before = outcome.stateBefore, let state = reading.gauges.state {
            logger.notice(
                "state changed",
                metadata: [
                    "name": "\(reading.name)", "kind": "\(reading.gauges.kind)", "from": "\(before)", "to": "\(state)",
                ]
            )
        }
    }

    /// Ends the snapshots: whoever follows them is done.
    func finish() {
        feed.finish()
    }

    /// Sleeps on the monitor's clock for one interval, counted from `start` so that readings don't drift; returns when the
    /// next one begins.
    func sleep(after start: UInt64) async throws -> UInt64 {
        let interval = max(1, settings.interval.nanosecondsClamped)
        // After a reading that took longer than an interval, none is made up for.
        let now = clock.nanoseconds()
        let next = start + interval >= now ? start + interval : now + interval
        try await clock.sleep(untilNanoseconds: next)
        return next
    }

    /// What the monitor's clock reads.
    var nanoseconds: UInt64 { clock.nanoseconds() }

    /// How many follow the snapshots.
    var listenerCount: Int { feed.listenerCount }
}
