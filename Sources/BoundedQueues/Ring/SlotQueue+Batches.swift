public import ConcurrencySupport

// Batches claim a run of slots at once: one compare-exchange, one look for waiters.

extension SlotQueue: BoundedQueue, SynchronousBoundedQueue, BlockingBoundedQueue where Slots: ~Copyable {
    /// Offers the elements of a batch in order without waiting for room. As many as find room enter with one
    /// compare-exchange; with other producers' elements between two such runs. O(elements).
    @inlinable
    public func tryPush<Batch: Collection<Element> & Sendable>(contentsOf batch: Batch) -> BatchPushResult {
        var result = BatchPushResult(accepted: 0, ending: .complete)
        var index = batch.startIndex
        var remaining = batch.count
        while remaining > 0 {
            let run = looksBeforePushing ? SlotRun(position: 0, count: 0) : slots.claimFree(upTo: UInt(remaining))
            guard run.count > 0 else {
                // What becomes of an element that finds no room is the policy's business.
                guard result.count(tryPush(batch[index])) else { return result }
                remaining &-= 1
                batch.formIndex(after: &index)
                continue
            }
            var position = run.position
            for _ in 0..<run.count {
                store(batch[index], at: position)
                position = slots.next(position)
                batch.formIndex(after: &index)
            }
            slots.publish(run)
            result.accepted &+= Int(run.count)
            remaining &-= Int(run.count)
            notifyConsumers(upTo: run.count)
        }
        return result
    }

    /// Takes the oldest elements that are there now, at most `count`, with one compare-exchange. O(elements).
    @inlinable
    public func tryPop(upTo count: Int, into elements: inout [Element]) -> Int {
        guard count > 0 else { return 0 }
        let run = slots.claimFilled(upTo: UInt(count))
        guard run.count > 0 else {
            guard let element = tryPop() else { return 0 }
            elements.append(element)
            return 1
        }
        var position = run.position
        for _ in 0..<run.count {
            elements.append(slots.address(position).assumingMemoryBound(to: Element.self).move())
            position = slots.next(position)
        }
        slots.release(run)
        var notified: UInt = 0
        while notified < run.count, slots.hasWaitingProducers {
            producers.notifyOne()
            notified &+= 1
        }
        return Int(run.count)
    }

    /// Offers the elements of a batch in order; where the policy waits, suspends until all are in.
    @inlinable
    public func push<Batch: Collection<Element> & Sendable>(contentsOf batch: Batch) async -> BatchPushResult {
        guard policy.kind == .block else { return await pushOneByOne(batch) }
        var result = BatchPushResult(accepted: 0, ending: .complete)
        var index = batch.startIndex
        while index != batch.endIndex {
            let run = slots.claimFree(upTo: UInt(batch.distance(from: index, to: batch.endIndex)))
            guard run.count > 0 else {
                guard result.count(await push(batch[index])) else { return result }
                batch.formIndex(after: &index)
                continue
            }
            var position = run.position
            for _ in 0..<run.count {
                store(batch[index], at: position)
                position = slots.next(position)
                batch.formIndex(after: &index)
            }
            slots.publish(run)
            result.accepted &+= Int(run.count)
            notifyConsumers(upTo: run.count)
        }
        return result
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
