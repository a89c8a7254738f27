/// What comes and goes, over a moving window: a few samples of running counts, from which rates and the consumer's lag in
/// time follow. Constant memory.
struct FlowWindow: Sendable {
    private struct Sample: Sendable {
        var nanoseconds: UInt64
        var arrived: UInt64
        var departed: UInt64
        var turnedAway: UInt64
        var offered: UInt64
    }

    private let windowNanoseconds: UInt64
    private let spacingNanoseconds: UInt64
    /// Oldest first; the first is as old as the window or, so long as there is none, as old as it can be.
    private var samples: [Sample] = []
    private let sampleLimit: Int
    /// When something had left at last, or nothing was there to leave.
    private var movedNanoseconds: UInt64 = 0
    private var latest: Sample?

    /// - Parameters:
    ///   - nanoseconds: over how long rates are taken.
    ///   - parts: how many samples are kept in that.
    init(nanoseconds: UInt64, parts: Int) {
        windowNanoseconds = nanoseconds
        spacingNanoseconds = nanoseconds.dividedRoundingUp(by: UInt64(parts))
        sampleLimit = parts + 2
        samples.reserveCapacity(sampleLimit)
    }

    /// Takes the next counts and says what follows from them; `nil` for what can't be known yet, or doesn't apply.
    ///
    /// - Parameter now: later than that of the reading before, or nothing follows.
    mutating func read(_ gauges: Gauges, now: UInt64) -> Flow {
        // Counts that were read earlier than those before them, by another reading, must not look like a step back.
        let sample = Sample(
            nanoseconds: max(now, latest?.nanoseconds ?? 0),
            arrived: max(gauges.arrived ?? 0, latest?.arrived ?? 0),
            departed: max(gauges.departed ?? 0, latest?.departed ?? 0),
            turnedAway: max(gauges.turnedAway ?? 0, latest?.turnedAway ?? 0),
            offered: max(gauges.offered ?? 0, latest?.offered ?? 0)
        )
        var flow = Flow()
        flow.newlyArrived = sample.arrived - (latest?.arrived ?? 0)
        flow.newlyDeparted = sample.departed - (latest?.departed ?? 0)
        flow.newlyTurnedAway = sample.turnedAway - (latest?.turnedAway ?? 0)
        // Whoever has nothing to do doesn't stand still.
        let isMoving = latest.map { sample.departed > $0.departed } ?? true
        if isMoving || gauges.lag == 0 { movedNanoseconds = sample.nanoseconds }
        latest = sample
        addRates(to: &flow, at: sample, of: gauges)
        addLag(to: &flow, at: sample, of: gauges)
        keep(sample)
        return flow
    }

    private mutating func keep(_ sample: Sample) {
        if let last = samples.last, sample.nanoseconds - last.nanoseconds < spacingNanoseconds { return }
        // The one before the window's beginning stays: it is what the window is measured from.
        while samples.count >= 2, sample.nanoseconds - samples[1].nanoseconds >= windowNanoseconds {
            samples.removeFirst()
        }
        if samples.count == sampleLimit { samples.removeFirst() }
        samples.append(sample)
    }

    private var oldest: Sample? { samples.first }

    private func addRates(to flow: inout Flow, at now: Sample, of gauges: Gauges) {
        guard let oldest, now.nanoseconds > oldest.nanoseconds else { return }
        let seconds = Double(now.nanoseconds - oldest.nanoseconds) / 1e9
        if gauges.arrived != nil { flow.arrivalsPerSecond = Double(now.arrived - oldest.arrived) / seconds }
        if gauges.departed != nil { flow.departuresPerSecond = Double(now.departed - oldest.departed) / seconds }
        guard gauges.turnedAway != nil else { return }
        let turnedAway = Double(now.turnedAway - oldest.turnedAway)
        flow.turnedAwayPerSecond = turnedAway / seconds
        let offers =
            gauges.offered == nil
            ? Double(now.arrived - oldest.arrived) + turnedAway : Double(now.offered - oldest.offered)
        if offers > 0 { flow.turnedAwayShare = turnedAway / offers }
    }

    /// How long ago the element came that is next to leave, if they leave in the order in which they came.
    private func addLag(to flow: inout Flow, at now: Sample, of gauges: Gauges) {
        guard let lag = gauges.lag, gauges.arrived != nil, gauges.departed != nil else { return }
        guard lag > 0, now.arrived > now.departed else {
            flow.lagNanoseconds = 0
            return
        }
        guard let oldest else { return }
        var later = now
        for sample in samples.reversed() {
            if sample.arrived <= now.departed {
                // Came between these two: somewhere evenly in between.
                let share = Double(now.departed - sample.arrived) / Double(max(1, later.arrived - sample.arrived))
                let came = sample.nanoseconds + UInt64(share * Double(later.nanoseconds - sample.nanoseconds))
                flow.lagNanoseconds = now.nanoseconds - came
                return
            }
            later = sample
        }
        // Before all that is remembered: at least that long ago, and at least as long as nothing has left.
        var nanoseconds = max(now.nanoseconds - oldest.nanoseconds, now.nanoseconds - movedNanoseconds)
        if let pace = flow.departuresPerSecond, pace > 0 {
            nanoseconds = max(nanoseconds, UInt64(min(Double(lag) / pace * 1e9, 1e18)))
        }
        flow.lagNanoseconds = nanoseconds
    }

    /// How many samples are kept: never more than a fixed number.
    var sampleCount: Int { samples.count }

    /// How long nothing has left of what is there, in nanoseconds, as of the latest reading.
    var standstillNanoseconds: UInt64 { (latest?.nanoseconds ?? 0) - movedNanoseconds }
}

/// What comes and goes, as a ``FlowWindow`` sees it.
struct Flow: Sendable, Hashable {
    var arrivalsPerSecond: Double?
    var departuresPerSecond: Double?
    var turnedAwayPerSecond: Double?
    /// The part of the offers that was turned away in the window.
    var turnedAwayShare: Double?
    var lagNanoseconds: UInt64?
    /// Since the reading before.
    var newlyArrived: UInt64 = 0
    var newlyDeparted: UInt64 = 0
    var newlyTurnedAway: UInt64 = 0
}
