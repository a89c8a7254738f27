internal import Backpressure

/// A concurrency limit beside its model: events happen to both, and after each the two must agree.
struct ConcurrencyLimitReplay<Limit: ConcurrencyLimit> {
    private let stage = Stage()
    private let clock: ManualClock
    private let limit: Limit
    private let setLimit: @Sendable (Limit, Int) async -> Void
    private let patience: Patience
    private var model: ConcurrencyLimitModel
    private var requests: [StagedTask<ConcurrencyLimitModel.Outcome>] = []

    init(
        _ suite: ConcurrencyLimitConformance<Limit>,
        limit: Int,
        patience: Patience
    ) {
        clock = ManualClock()
        self.limit = suite.makeLimit(limit, clock)
        setLimit = suite.setLimit ?? { _, _ in }
        self.patience = patience
        model = ConcurrencyLimitModel(limit: limit)
    }

    /// Replays a sequence, and then gives everything back.
    ///
    /// - Returns: where the two differ; `nil`: nowhere.
    mutating func run(_ events: [ConcurrencyLimitEvent]) async -> String? {
        var difference: String?
        for (index, event) in events.enumerated() where difference == nil {
            difference = await apply(event).map { "after event \(index + 1), \(event), \($0)" }
        }
        while difference == nil, !model.holders.isEmpty {
            difference = await apply(.release(0)).map { "when everything is given back, \($0)" }
        }
        // Those who still wait after a failure are not to stay for ever.
        for request in requests { request.cancel() }
        await stage.settle()
        return difference
    }

    private mutating func apply(_ event: ConcurrencyLimitEvent) async -> String? {
        let before = model
        model.apply(event)
        switch event {
        case .tryAcquire(let weight):
            requests.append(
                stage.start { [limit] in
                    switch await limit.tryAcquire(weight) {
                    case .granted: .granted
                    case .refused: .refused
                    case .exceedsLimit: .exceedsLimit
                    }
                }
            )
        case .acquire(let weight, let milliseconds):
            // Those who join the line have deadlines of their own.
            let deadline = model.line.last.flatMap { $0.number == requests.count ? $0.deadlineNanoseconds : nil }
            let timeout = deadline.map { Duration.nanoseconds(Int64($0 - before.nowNanoseconds)) }
            start(weight, timeout ?? milliseconds.map { .milliseconds($0) })
        case .acquireCancelled(let weight):
            start(weight, nil)
            requests.last?.cancel()
        case .cancel(let index):
            if let request = before.cancelled(by: index) { requests[request.number].cancel() }
        case .release(let index):
            if let request = before.released(by: index) {
                _ = stage.start { [limit] in await limit.release(request.weight) }
            }
        case .expire:
            clock.advance(byNanoseconds: model.nowNanoseconds - before.nowNanoseconds)
        case .setLimit(let value):
            _ = stage.start { [limit, setLimit] in await setLimit(limit, value) }
        }
        return await difference()
    }

    private mutating func start(_ weight: Int, _ timeout: Duration?) {
        requests.append(
            stage.start { [limit] in
                do throws(PermitError) {
                    try await limit.acquire(weight, timeout: timeout)
                    return .granted
                } catch {
                    return switch error {
                    case .timedOut: .timedOut
                    case .exceedsLimit: .exceedsLimit
                    case .cancelled: .cancelled
                    }
                }
            }
        )
    }

    /// Waits until the two agree; `nil`: they do.
    private func difference() async -> String? {
        var patience = patience
        while true {
            await stage.settle()
            let outcomes = requests.map(\.value)
            let statistics = stage.start { [limit] in await limit.statistics() }
            await stage.settle { statistics.value != nil }
            guard let seen = statistics.value else { return "statistics() doesn't return" }
            let expected = model.statistics.counting(what: seen)
            if outcomes == model.outcomes, seen == expected { return nil }
            guard await !patience.wait() else { continue }
            for (number, (outcome, expected)) in zip(outcomes, model.outcomes).enumerated() where outcome != expected {
                return "request \(number + 1) \(Self.words(outcome)), and not \(Self.words(expected))"
            }
            return "\(seen) and not \(expected)"
        }
    }

    private static func words(_ outcome: ConcurrencyLimitModel.Outcome?) -> String {
        outcome.map { "is \($0)" } ?? "waits"
    }
}

extension ConcurrencyLimitStatistics {
    /// Without what the other doesn't count.
    fileprivate func counting(what other: Self) -> Self {
        var statistics = self
        if other.granted == nil { statistics.granted = nil }
        if other.refused == nil { statistics.refused = nil }
        if other.peakInUse == nil { statistics.peakInUse = nil }
        return statistics
    }
}
