// What an implementation needn't write: deadlines, batches and draining, made of the other operations. The package's own
// queues have their own where that is faster.
//
// Batches are inlinable, so that they are specialised for the queue: through its witnesses each element would cost some
// hundred nanoseconds and an allocation.

extension BoundedQueue {
    /// Races a push against the clock: the push is cancelled when the deadline passes first.
    public func push<C: Clock>(_ element: Element, until deadline: C.Instant, clock: C) async -> PushResult<Element>
    where C.Duration == Duration {
        guard policy.waitsForRoom else { return await push(element) }
        if clock.now >= deadline {
            let result = await tryPush(element)
            return if case .full(let element) = result { .timedOut(element) } else { result }
        }
        let result = await race(until: deadline, clock: clock) { await self.push(element) }
        if case .cancelled(let element) = result, !Task.isCancelled { return .timedOut(element) }
        return result
    }

    /// Races a pop against the clock: the pop is cancelled when the deadline passes first.
    public func pop<C: Clock>(until deadline: C.Instant, clock: C) async -> PopResult<Element>
    where C.Duration == Duration {
        if let element = await tryPop() { return .element(element) }
        if clock.now < deadline {
            let result = await race(until: deadline, clock: clock) { await self.pop() }
            if let element = result { return .element(element) }
        }
        if Task.isCancelled { return .cancelled }
        return clock.now >= deadline ? .timedOut : .finished
    }

    /// Pushes one element after the other.
    @inlinable
    public func push<Batch: Collection<Element> & Sendable>(contentsOf batch: Batch) async -> BatchPushResult {
        var result = BatchPushResult(accepted: 0, ending: .complete)
        for element in batch {
            guard result.count(await push(element)) else { break }
        }
        return result
    }

    /// Waits for one element, then takes what else is there.
    @inlinable
    public func pop(upTo count: Int) async -> [Element] {
        guard let first = await pop() else { return [] }
        return count > 1 ? [first] + (await tryPop(upTo: count - 1)) : [first]
    }

    /// Takes a batch, and appends it.
    @inlinable
    public func pop(upTo count: Int, into elements: inout [Element]) async -> Int {
        let taken = await pop(upTo: count)
        elements.append(contentsOf: taken)
        return taken.count
    }

    /// Offers one element after the other.
    @inlinable
    public func tryPush<Batch: Collection<Element> & Sendable>(contentsOf batch: Batch) async -> BatchPushResult {
        var result = BatchPushResult(accepted: 0, ending: .complete)
        for element in batch {
            guard result.count(await tryPush(element)) else { break }
        }
        return result
    }

    /// Takes one element after the other.
    @inlinable
    public func tryPop(upTo count: Int) async -> [Element] {
        var elements: [Element] = []
        while elements.count < count, let element = await tryPop() { elements.append(element) }
        return elements
    }

    /// Closes the queue and takes everything that is left, oldest first. Elements that other consumers take meanwhile are
    /// theirs.
    @inlinable
    public func drain() async -> [Element] {
        await close()
        var elements: [Element] = []
        while let element = await pop() { elements.append(element) }
        return elements
    }
}

extension SynchronousBoundedQueue {
    /// Offers one element after the other.
    @inlinable
    public func tryPush<Batch: Collection<Element> & Sendable>(contentsOf batch: Batch) -> BatchPushResult {
        var result = BatchPushResult(accepted: 0, ending: .complete)
        for element in batch {
            guard result.count(tryPush(element)) else { break }
        }
        return result
    }

    /// Takes one element after the other.
    @inlinable
    public func tryPop(upTo count: Int, into elements: inout [Element]) -> Int {
        var taken = 0
        while taken < count, let element = tryPop() {
            elements.append(element)
            taken += 1
        }
        return taken
    }

    /// Takes the oldest elements that are there now, at most `count`.
    @inlinable
    public func tryPop(upTo count: Int) -> [Element] {
        var elements = batch(of: count)
        _ = tryPop(upTo: count, into: &elements)
        return elements
    }

    /// Takes the oldest elements that are there now, at most `count`; waits for one only while there is none.
    @inlinable
    public func pop(upTo count: Int) async -> [Element] {
        // Not by the one below: whoever replaces that may make it of this one.
        var elements = batch(of: count)
        if tryPop(upTo: count, into: &elements) == 0 { _ = await waitAndPop(upTo: count, into: &elements) }
        return elements
    }

    /// Appends the oldest elements that are there now to `elements`, at most `count`; waits for one only while there is none.
    @inlinable @inline(__always)
    public func pop(upTo count: Int, into elements: inout [Element]) async -> Int {
        let taken = tryPop(upTo: count, into: &elements)
        return taken > 0 ? taken : await waitAndPop(upTo: count, into: &elements)
    }

    /// Waits for one, and takes what came with it.
    @inlinable @inline(never)
    func waitAndPop(upTo count: Int, into elements: inout [Element]) async -> Int {
        guard let first = await pop() else { return 0 }
        elements.append(first)
        return 1 + tryPop(upTo: count - 1, into: &elements)
    }

    /// Memory for a batch as large as they usually are, allocated once; one that is larger grows.
    @inlinable
    func batch(of count: Int) -> [Element] {
        var elements: [Element] = []
        elements.reserveCapacity(max(0, min(count, capacity, 64)))
        return elements
    }
}

extension BatchPushResult {
    /// Adds what became of the next element; `false`: that was the end.
    @inlinable @inline(__always)
    mutating func count<Element>(_ result: PushResult<Element>) -> Bool {
        switch result {
        case .accepted:
            accepted += 1
            return true
        case .dropped:
            dropped += 1
            return true
        case .full, .rejected: ending = .full
        case .closed: ending = .closed
        case .cancelled: ending = .cancelled
        case .timedOut: ending = .timedOut
        }
        return false
    }
}

/// Runs an operation that ends early when it is cancelled, and cancels it when the clock reaches the deadline.
func race<C: Clock, Value: Sendable>(
    until deadline: C.Instant,
    clock: C,
    _ operation: @escaping @Sendable () async -> Value
) async -> Value where C.Duration == Duration {
    await withTaskGroup(of: Value?.self) { group in
        group.addTask { await operation() }
        group.addTask {
            try? await clock.sleep(until: deadline, tolerance: .zero)
            return nil
        }
        var value: Value?
        // Whichever ends first ends the other; a value that came all the same counts.
        for await result in group {
            value = value ?? result
            group.cancelAll()
        }
        // The first child always returns a value.
        return value!
    }
}
