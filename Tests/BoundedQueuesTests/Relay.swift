import ConcurrencySupport
import Testing

@testable import BoundedQueues

/// Numbered elements that producer threads send to consumer threads through a queue.
struct Relay: Sendable {
    var producers = 1
    var consumers = 1
    /// Elements of each producer.
    var share: Int

    /// So long a thread waits before it says that nothing will come: far longer than any machine takes.
    static let longWait = Duration.seconds(100)

    /// Runs the threads and checks that every element arrives once, each producer's in order.
    ///
    /// - Parameters:
    ///   - close: closes the queue, once all producers are done.
    ///   - send: sends a producer's elements; `false`: it gave up.
    ///   - take: takes some elements; `nil`: the queue is closed and empty.
    func run(
        closing close: @escaping @Sendable () -> Void,
        sending send: @escaping @Sendable (Range<Int>) -> Bool,
        taking take: @escaping @Sendable () -> [Int]?
    ) async {
        let taken = Shared<[[Int]]>([])
        let gaveUp = SharedCount()
        let producing = Shared(producers)
        let share = share
        var bodies = (0..<producers).map { producer -> @Sendable (Worker) -> Void in
            { _ in
                if !send(producer * share..<(producer + 1) * share) { gaveUp.add(1) }
                let isLast = producing.update {
                    $0 -= 1
                    return $0 == 0
                }
                if isLast { close() }
            }
        }
        for _ in 0..<consumers {
            bodies.append { _ in
                var own: [Int] = []
                while let elements = take() { own += elements }
                taken.append(own)
            }
        }
        await Worker.runAside(bodies)
        #expect(gaveUp.value == 0, "a producer found no room for ever")
        expectOnceInOrder(taken.value, dropped: [], share: share, producers: producers)
    }
}

/// How threads push and pop.
enum Manner: CaseIterable, Sendable {
    case trying, blocking, inBatches

    /// Sends elements; `false`: there was no room for ever.
    func send(_ elements: Range<Int>, to queue: some BlockingBoundedQueue<Int>) -> Bool {
        var patience = Patience()
        var rest = elements
        while let element = rest.first {
            let accepted =
                switch self {
                case .trying: queue.tryPush(element).isAccepted ? 1 : 0
                case .blocking: queue.pushBlocking(element, timeout: Relay.longWait).isAccepted ? 1 : -1
                case .inBatches: queue.tryPush(contentsOf: rest.prefix(1 + element % 5)).accepted
                }
            if accepted > 0 { patience.reset() }
            if accepted < 0 || (accepted == 0 && !patience.pause()) { return false }
            rest = rest.dropFirst(accepted)
        }
        return true
    }

    /// Takes elements; `nil`: the queue is closed and empty, or nothing came for ever.
    func take(from queue: some BlockingBoundedQueue<Int>) -> [Int]? {
        var patience = Patience()
        var elements: [Int] = []
        while self != .blocking {
            let count = self == .trying ? 1 : 5
            if queue.tryPop(upTo: count, into: &elements) > 0 { return elements }
            switch queue.popBlocking(timeout: .zero) {
            case .element(let element): return [element]
            case .timedOut: if !patience.pause() { return nil }
            default: return nil
            }
        }
        return queue.popBlocking(timeout: Relay.longWait).element.map { [$0] }
    }
}

func expectOnceInOrder(_ taken: [[Int]], dropped: [Int], share: Int, producers: Int) {
    var appearances = [Int](repeating: 0, count: share * producers)
    for element in taken.joined() { appearances[element] += 1 }
    for element in dropped { appearances[element] += 1 }
    #expect(appearances.allSatisfy { $0 == 1 }, "elements were lost or came twice")
    for own in taken {
        var latest = [Int](repeating: -1, count: producers)
        var isInOrder = true
        for element in own {
            isInOrder = isInOrder && element > latest[element / share]
            latest[element / share] = element
        }
        #expect(isInOrder, "a consumer took a producer's elements out of order")
    }
}
