/// What a queue can do beyond what every queue must: says which checks of ``QueueConformance`` apply to it.
///
/// Waiting, closing, cancellation, deadlines, batches, statistics and the policies `block`, `reject` and `dropNewest` are
/// asked of every queue.
public struct QueueFeatures: OptionSet, Sendable, Hashable {
    /// One bit for each.
    public let rawValue: UInt32

    /// The features of these bits.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Any number of tasks may push at once, and pop at once. Without it no check has more than one of each.
    public static let manyProducersAndConsumers = QueueFeatures(rawValue: 1 << 0)
    /// Whoever waits comes before newcomers. A relaxed queue, which says so in its documentation, may lack it and still be
    /// correct.
    public static let strictArrivalOrder = QueueFeatures(rawValue: 1 << 1)
    /// The policy `dropOldest`.
    public static let dropOldest = QueueFeatures(rawValue: 1 << 2)
    /// The policy `sample`.
    public static let sample = QueueFeatures(rawValue: 1 << 3)
    /// The policy `throttle`, with delays on the clock that the suite hands over.
    public static let throttle = QueueFeatures(rawValue: 1 << 4)
    /// The policy `spill`, with the store that the suite hands over.
    public static let spill = QueueFeatures(rawValue: 1 << 5)

    /// What a queue that is made of a capacity, a policy and a drop handler can be asked for.
    public static let standard: QueueFeatures = [.manyProducersAndConsumers, .strictArrivalOrder, .dropOldest, .sample]
    /// Everything.
    public static let all: QueueFeatures = [.standard, .throttle, .spill]
}
