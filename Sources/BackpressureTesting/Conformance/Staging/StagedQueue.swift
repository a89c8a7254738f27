internal import Backpressure

/// A queue all of whose operations run on one stage, so that an operation that hangs is seen, and so that nothing but the
/// stage's steps moves the queue on (an actor may have work ready there).
struct StagedQueue<Queue: BoundedQueue<Int>>: Sendable {
    let base: Queue
    private let expectations: Expectations
    let stage = Stage()

    init(_ queue: Queue, _ expectations: Expectations) {
        base = queue
        self.expectations = expectations
    }

    var capacity: Int { base.capacity }

    /// Starts a push that may wait.
    func startPush(_ element: Int) -> StagedTask<PushResult<Int>> {
        stage.start { [base] in await base.push(element) }
    }

    /// Starts a pop that may wait.
    func startPop() -> StagedTask<Int?> {
        stage.start { [base] in await base.pop() }
    }

    /// Starts a push that waits until a deadline.
    func startPush(
        _ element: Int,
        until deadline: ManualClock.Instant,
        _ clock: ManualClock
    ) -> StagedTask<PushResult<Int>> {
        stage.start { [base] in await base.push(element, until: deadline, clock: clock) }
    }

    /// Starts a pop that waits until a deadline.
    func startPop(until deadline: ManualClock.Instant, _ clock: ManualClock) -> StagedTask<PopResult<Int>> {
        stage.start { [base] in await base.pop(until: deadline, clock: clock) }
    }

    /// Lets tasks that were woken get on until so many elements are inside; `false`: it never is so many.
    func settle(untilDepth depth: Int) async throws(ConformanceFailure) -> Bool {
        for _ in 0..<1_000 {
            await stage.settle()
            if try await statistics().depth == depth { return true }
        }
        return false
    }

    func tryPush(_ element: Int) async throws(ConformanceFailure) -> PushResult<Int> {
        try await immediate("tryPush") { [base] in await base.tryPush(element) }
    }

    func tryPop() async throws(ConformanceFailure) -> Int? {
        try await immediate("tryPop") { [base] in await base.tryPop() }
    }

    func close() async throws(ConformanceFailure) {
        try await immediate("close") { [base] in await base.close() }
    }

    func statistics() async throws(ConformanceFailure) -> QueueStatistics {
        try await immediate("statistics") { [base] in await base.statistics() }
    }

    /// Runs an operation just to its end: tasks that it wakes are ready then and haven't run.
    func immediate<Value: Sendable>(
        _ name: String,
        _ operation: @escaping @Sendable () async -> Value
    ) async throws(ConformanceFailure) -> Value {
        let task = stage.start(operation)
        await stage.settle { task.value != nil }
        guard let value = task.value else {
            task.cancel()
            throw expectations.failure("\(name) to return at once", but: "it waits")
        }
        return value
    }
}
