/// What a bounded queue promises about operations of several threads at once.
///
/// All three: nothing is taken that wasn't pushed, nothing twice, nothing before it was pushed, and never are more elements
/// inside than the capacity.
public enum HistorySpecification: String, Sendable, Hashable, CaseIterable {
    /// Linearizable: every operation, a refusal too, takes effect at one instant between its call and its return, and in the
    /// order of these instants the queue is first in, first out, says full only when it holds its capacity and empty only
    /// when it holds nothing.
    case strict

    /// As ``strict`` for all that is pushed and taken; but the queue may say full or empty whenever an operation of another
    /// thread, whatever came of that one, overlaps the refusal: neither had returned before the other was called. A refusal
    /// with nothing else in flight is held to ``strict``.
    ///
    /// This is what rings of numbered slots promise: a slot that is claimed and not yet filled makes the ring look empty,
    /// one that is claimed and not yet emptied makes it look full.
    case relaxed

    /// First in, first out for the elements of one producer (one thread) only; refusals as with ``relaxed``.
    case perProducer

    /// Whether a refusal that another thread's operation overlaps may be wrong.
    var excusesOverlappingRefusals: Bool { self != .strict }
}
