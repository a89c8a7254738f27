internal import Backpressure

/// A priority queue all of whose operations run on one stage, so that an operation that hangs is seen, and so that nothing
/// but the stage's steps moves the queue on (an actor may have work ready there).
struct StagedPriorityQueue<Queue: BoundedPriorityQueue<Int>>: Sendable {
    let base: Queue
    private let expectations: Expectations
    let stage = Stage()

    init(_ queue: Queue, _ expectations: Expectations) {
        base = queue
        self.expectations = expectations
    }

    var capacity: Int { base.capacity }

    /// Starts a push that may wait.
    func startPush(_ element: Int, _ tier: PriorityTier) -> StagedTask<PushResult<Int>> {
        stage.start { [base] in await base.push(element, priority: tier) }
    }

    /// Starts a pop that may wait.
    func startPop() -> StagedTask<Prioritized<Int>?> {
        stage.start { [base] in await base.pop() }
    }

    func tryPush(_ element: Int, _ tier: PriorityTier) async throws(ConformanceFailure) -> PushResult<Int> {
        try await immediate("tryPush") { [base] in await base.tryPush(element, priority: tier) }
    }

    func tryPop() async throws(ConformanceFailure) -> Prioritized<Int>? {
        try await immediate("tryPop") { [base] in await base.tryPop() }
    }

    func close() async throws(ConformanceFailure) {
        try await immediate("close") { [base] in await base.close() }
    }

    func statistics() async throws(ConformanceFailure) -> PriorityStatistics {
        try await immediate("statistics") { [base] in await base.statistics() }
    }

    /// Runs an operation just to its end: tasks that it wakes are ready then and haven't run.
    private func immediate<Value: Sendable>(
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
