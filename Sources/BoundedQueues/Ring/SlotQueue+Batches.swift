public import ConcurrencySupport

// Batches claim a run of slots at once: one compare-exchange, one look for waiters.

extension SlotQueue: BoundedQueue, SynchronousBoundedQueue, BlockingBoundedQueue where Slots: ~Copyable {
    /// Offers the elements of a batch in order without waiting for room. As many as find room enter with one
    /// compare-exchange; with other producers' elements between two such runs. O(elements).
    @inlinable
    public func tryPush<Batch: Collection<Element> & Sendable>(contentsOf batch: Batch) -> BatchPushResult {
        var result = BatchPushResult(accepted: 0, ending: .complete)
        withElements(of: batch) { elements in
            var offered = 0
            while offered < elements.count {
                let accepted = looksBeforePushing ? 0 : pushRun(elements, from: offered)
                if accepted > 0 {
                    result.accepted &+= accepted
                } else if !result.count(tryPush(elements[offered])) {
                    // What becomes of an element that finds no room was the policy's business.
                    return
                }
                offered = result.consumed
            }
        }
        return result
    }

    /// Offers the elements of a batch in order; where the policy waits, suspends until all are in. As many as find room
    /// enter with one compare-exchange.
    @inlinable
    public func push<Batch: Collection<Element> & Sendable>(contentsOf batch: Batch) async -> BatchPushResult {
        guard policy.kind == .block else { return await pushOneByOne(batch) }
        let accepted = pushRuns(of: batch, from: 0)
        guard accepted < batch.count else { return BatchPushResult(accepted: accepted, ending: .complete) }
        // What isn't side by side in memory is brought there once, not after each wait.
        let isContiguous = batch.withContiguousStorageIfAvailable { _ in true } ?? false
        return isContiguous
            ? await pushAfterWaiting(batch, from: accepted)
            : await pushAfterWaiting(ContiguousArray(batch), from: accepted)
    }

    /// What follows where there was no room for the whole batch: each time one element waits until there is, and as many as
    /// then find room come after it.
    @inlinable @inline(never)
    func pushAfterWaiting<Batch: Collection<Element> & Sendable>(
        _ batch: Batch,
        from accepted: Int
    ) async -> BatchPushResult {
        var result = BatchPushResult(accepted: accepted, ending: .complete)
        while result.accepted < batch.count {
            let next = batch[batch.index(batch.startIndex, offsetBy: result.accepted)]
            guard result.count(await push(next)) else { break }
            result.accepted &+= pushRuns(of: batch, from: result.accepted)
        }
        return result
    }

    /// Puts as many elements of a batch, from the one with this number on, as find room into slots; returns how many.
    @inlinable @inline(__always)
    func pushRuns<Batch: Collection<Element>>(of batch: Batch, from start: Int) -> Int {
        withElements(of: batch) { elements in
            var next = start
            while next < elements.count {
                let entered = pushRun(elements, from: next)
                guard entered > 0 else { break }
                next &+= entered
            }
            return next &- start
        }
    }

    /// Takes the oldest elements that are there now, at most `count`: those in slots with one compare-exchange, those in a
    /// store one after the other. O(elements).
    @inlinable
    public func tryPop(upTo count: Int, into elements: inout [Element]) -> Int {
        guard count > 0 else { return 0 }
        let run = slots.claimFilled(upTo: UInt(count))
        guard run.count > 0 else {
            guard let element = tryPop() else { return 0 }
            elements.append(element)
            return 1 &+ popSpilled(upTo: count &- 1, into: &elements)
        }
        elements.append(count: Int(run.count)) { memory in
            var next = memory
            slots.release(run) { address in
                next.initialize(to: address.assumingMemoryBound(to: Element.self).move())
                next += 1
            }
        }
        var notified: UInt = 0
        while notified < run.count, slots.hasWaitingProducers {
            producers.notifyOne()
            notified &+= 1
        }
        return Int(run.count) &+ popSpilled(upTo: count &- Int(run.count), into: &elements)
    }

    /// What a queue with a store has beyond the slots, which is younger; of another queue nothing.
    @inlinable @inline(__always)
    func popSpilled(upTo count: Int, into elements: inout [Element]) -> Int {
        guard policy.kind == .spill else { return 0 }
        var taken = 0
        while taken < count, let element = popOnSecondLook() {
            elements.append(element)
            taken &+= 1
        }
        return taken
    }

    /// Puts as many elements from an index on as find room into slots, with one compare-exchange; returns how many.
    @inlinable @inline(__always)
    func pushRun(_ elements: UnsafeBufferPointer<Element>, from start: Int) -> Int {
        let run = slots.claimFree(upTo: UInt(elements.count &- start))
        guard run.count > 0 else { return 0 }
        guard var next = elements.baseAddress.map({ $0 + start }) else { return 0 }
        slots.publish(run) { address in
            store(next.pointee, at: address)
            next += 1
        }
        notifyConsumers(upTo: run.count)
        return Int(run.count)
    }

    /// The elements side by side in memory, which they are already in arrays.
    @inlinable @inline(__always)
    func withElements<Batch: Collection<Element>, Result>(
        of batch: Batch,
        _ body: (UnsafeBufferPointer<Element>) -> Result
    ) -> Result {
        batch.withContiguousStorageIfAvailable(body) ?? ContiguousArray(batch).withUnsafeBufferPointer(body)
    }

    @inlinable @inline(never)
    func pushOneByOne<Batch: Collection<Element> & Sendable>(_ batch: Batch) async -> BatchPushResult {
        var result = BatchPushResult(accepted: 0, ending: .complete)
        for element in batch {
            guard result.count(await push(element)) else { break }
        }
        return result
    }

    /// One for each element at most, and none for nothing.
    @inlinable @inline(__always)
    func notifyConsumers(upTo count: UInt) {
        var notified: UInt = 0
        while notified < count, slots.hasWaitingConsumers {
            consumers.notifyOne()
            notified &+= 1
        }
    }
}
