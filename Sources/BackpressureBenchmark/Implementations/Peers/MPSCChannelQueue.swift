import AsyncAlgorithms
import BoundedQueues
import ConcurrencySupport

/// `MultiProducerSingleConsumerAsyncChannel` of swift-async-algorithms as a queue, with half the capacity and the
/// capacity as watermarks.
///
/// - The bound is soft: a push puts its element in first and waits afterwards, so each waiting producer has one element
///   more inside. A push that is cancelled while it waits has therefore pushed.
/// - A pop whose task is cancelled ends the channel: that is how it takes it.
final class MPSCChannelQueue<Element: Sendable>: BoundedQueue {
    private typealias Channel = MultiProducerSingleConsumerAsyncChannel<Element, Never>

    /// The channel may be moved between tasks and used by one at a time.
    private final class Consumer: @unchecked Sendable {
        // The queue has one consumer (`maxConsumers`), which alone touches this.
        var channel: Channel

        init(_ channel: consuming Channel) {
            self.channel = channel
        }
    }

    let capacity: Int
    let policy: OverflowPolicy
    private let consumer: Consumer
    /// A source is used by one producer at a time and the harness's pushes don't say whose they are, so all share one. The
    /// lock is held for the synchronous half of a send, which the channel's own lock serialises in any case.
    private let source: Lock<Channel.Source>
    private let tally = PeerTally()

    init(capacity: Int, policy: OverflowPolicy) {
        self.capacity = capacity
        self.policy = policy
        var made = Channel.makeChannel(
            // With a low watermark of 0 nobody would ever be told to go on.
            backpressureStrategy: .watermark(low: max(1, capacity / 2), high: capacity)
        )
        consumer = Consumer(made.takeChannel())
        source = Lock(made.source)
    }

    func push(_ element: Element) async -> PushResult<Element> {
        if Task.isCancelled {
            tally.countRefused()
            return .cancelled(element)
        }
        switch send(element) {
        case .refused:
            return .closed(element)
        case .entered:
            return .accepted
        case .enteredAndMustWait(let handle):
            await wait(handle)
            return .accepted
        }
    }

    private enum Sent {
        case refused, entered
        case enteredAndMustWait(Channel.Source.SendResult.CallbackHandle)
    }

    private func send(_ element: Element) -> Sent {
        // Counted before it can be taken, so that the depth is never negative.
        tally.countAccepted()
        let sent = source.withLock { source -> Sent in
            guard let result = try? source.send(element) else { return .refused }
            switch consume result {
            case .produceMore: return .entered
            case .enqueueCallback(let handle): return .enteredAndMustWait(handle)
            }
        }
        if case .refused = sent {
            tally.uncountAccepted()
            tally.countRefused()
        }
        return sent
    }

    private func wait(_ handle: Channel.Source.SendResult.CallbackHandle) async {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                var handle = handle
                // Called once: when there is demand, when the channel ends, or when the callback is cancelled.
                handle.enqueueCallback { _ in continuation.resume() }
            }
        } onCancel: {
            var handle = handle
            handle.cancelCallback()
        }
    }

    /// Enters while fewer than the capacity are inside. There is no way to ask the channel without sending, so this goes
    /// by the count; a send that reaches the high watermark need not wait, it only has to take note.
    func tryPush(_ element: Element) -> PushResult<Element> {
        guard tally.depth < capacity else {
            tally.countRefused()
            return .full(element)
        }
        switch send(element) {
        case .refused:
            return .closed(element)
        case .entered:
            return .accepted
        case .enteredAndMustWait(var handle):
            // Cancelling it instead would be remembered for ever, since nobody will come to wait.
            handle.enqueueCallback { _ in }
            return .accepted
        }
    }

    func pop() async -> Element? {
        guard let element = await consumer.channel.next() else { return nil }
        tally.countTaken()
        return element
    }

    func tryPop() async -> Element? {
        tally.depth > 0 ? await pop() : nil
    }

    func close() {
        source.withLock { $0.makeAdditionalSource().finish() }
    }

    func statistics() -> QueueStatistics { tally.statistics(capacity: capacity) }
}
