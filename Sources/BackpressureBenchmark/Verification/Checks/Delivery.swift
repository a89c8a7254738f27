import BoundedQueues
import Synchronization

extension VerificationCheck {
    /// Tasks that wait in the queue, at every shape: everything accepted comes out once, in each producer's order, and all
    /// come to an end.
    static let delivery = VerificationCheck(
        id: "delivery",
        mechanism: .queue,
        summary: "suspended tasks: what was accepted comes out, once, in each producer's order, and everyone ends",
        fixedSeconds: 0.2,
        share: 0.3,
        mostSeconds: 120,
        cases: [.shape],
        reasonAgainst: { subject in
            guard case .queue(let queue) = subject else { return "for queues" }
            if queue.words == nil { return "no elements of 8 bytes" }
            return queue.drivers.contains(.tasks) || queue.library != nil ? nil : queue.limitations ?? "not for tasks"
        },
        perform: { subject, effort in
            guard case .queue(let queue) = subject, let make = queue.words else { return [] }
            let end = ContinuousClock.now + .seconds(effort.seconds)
            var tally = (operations: 0, successes: 0)
            repeat {
                for capacity in [1, 2, 3, 64] {
                    for (producers, consumers) in [(1, 1), (3, 2), (8, 8)]
                    where effort.includes(capacity: capacity, (producers, consumers)) {
                        let instance = make(
                            QueueSetup(capacity: capacity, policy: .block, onDrop: { _, _ in })
                        )
                        let load = Delivery(
                            producers: min(producers, queue.maxProducers ?? .max),
                            consumers: min(consumers, queue.maxConsumers ?? .max),
                            isOrdered: queue.promises.specification != nil
                        )
                        let result = await load.run(through: instance.wordQueue)
                        tally.operations += result.operations
                        tally.successes += result.taken
                        if let fault = result.fault {
                            return [
                                VerificationOutcome(
                                    check: "delivery",
                                    verdict: .fail,
                                    specification: load.specification,
                                    operations: tally.operations,
                                    successes: tally.successes,
                                    detail: "capacity \(capacity), \(load.producers) producers, "
                                        + "\(load.consumers) consumers: \(fault)",
                                    replay: VerificationReplay(
                                        seed: effort.seed,
                                        only: VerificationCase(capacity: capacity, (producers, consumers))
                                    )
                                )
                            ]
                        }
                    }
                }
            } while ContinuousClock.now < end
            let specification = queue.promises.specification == nil ? "conservation" : "order of each producer"
            return [.passed("delivery", specification, operations: tally.operations, successes: tally.successes)]
        }
    )
}

/// Producers and consumers that are tasks, each waiting in the queue when it must.
private struct Delivery {
    let producers: Int
    let consumers: Int
    let isOrdered: Bool
    static let elementsEach = 200

    var specification: String { isOrdered ? "order of each producer" : "conservation" }

    func run(
        through queue: any BoundedQueue<UInt64>
    ) async -> (operations: Int, taken: Int, fault: String?) {
        let accepted = AcceptedElements()
        let operations = OperationTally()
        let taken = await withTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<consumers {
                group.addTask {
                    var taken: [UInt64] = []
                    while let element = await queue.pop() { taken.append(element) }
                    operations.count(taken.count, of: taken.count + 1)
                    return taken
                }
            }
            await withTaskGroup(of: Void.self) { group in
                for producer in 0..<producers {
                    group.addTask {
                        for number in 0..<Delivery.elementsEach {
                            let element = UInt64(producer * Delivery.elementsEach + number)
                            let isIn = await queue.push(element).isAccepted
                            operations.count(isIn ? 1 : 0)
                            if isIn { accepted.insert(element) }
                        }
                    }
                }
            }
            await queue.close()
            return await group.reduce(into: [[UInt64]]()) { $0.append($1) }
        }
        let all = taken.joined().sorted()
        let expected = accepted.sorted
        return (operations.operations, all.count, fault(taken, all, expected))
    }

    private func fault(_ taken: [[UInt64]], _ all: [UInt64], _ expected: [UInt64]) -> String? {
        if expected.count < producers * Delivery.elementsEach {
            return
                "of \(producers * Delivery.elementsEach) pushes, only \(expected.count) were accepted by a queue that is open"
        }
        if let twice = zip(all, all.dropFirst()).first(where: { $0 == $1 }) { return "\(twice.0) was taken twice" }
        let (takenSet, expectedSet) = (Set(all), Set(expected))
        if let lost = expected.first(where: { !takenSet.contains($0) }) {
            return "\(expected.count - all.count) of \(expected.count) elements were lost, \(lost) among them"
        }
        if let stranger = all.first(where: { !expectedSet.contains($0) }) { return "\(stranger) was never accepted" }
        guard isOrdered else { return nil }
        for elements in taken {
            for producer in 0..<producers {
                let own = elements.filter { Int($0) / Delivery.elementsEach == producer }
                if let pair = zip(own, own.dropFirst()).first(where: { $0 > $1 }) {
                    return "one consumer took \(pair.0) before \(pair.1), which the same producer had pushed first"
                }
            }
        }
        return nil
    }
}

/// What a queue said that it took.
private final class AcceptedElements: Sendable {
    private let elements = Mutex<Set<UInt64>>([])

    func insert(_ element: UInt64) { elements.withLock { _ = $0.insert(element) } }

    var sorted: [UInt64] { elements.withLock { $0.sorted() } }
}
