/// How far apart the slots of a ring lie: memory against speed.
@frozen
public enum SlotSpacing: Sendable, Hashable {
    /// Each slot on a cache line (64 bytes) of its own, so that neighbours in the queue don't slow each other down.
    case padded
    /// As close as alignment allows: 16 bytes a slot for an element of a word. For many queues or large capacities.
    case dense
}
