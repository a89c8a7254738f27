/// What a keyed limiter answers to a key that it has never seen, or has forgotten, when all its places are taken by
/// keys that must not be forgotten yet.
///
/// A struct with static members rather than an enum, so that policies can be added without breaking anyone's `switch`.
public struct KeyedOverflowPolicy: Sendable, Hashable, CustomStringConvertible {
    @usableFromInline
    enum Kind: Sendable { case refuse, share }

    @usableFromInline let kind: Kind

    /// The key is refused, with the time after which the first of the others can be forgotten.
    ///
    /// Strict: whoever is granted anything has a bucket of its own. Under a flood of made-up keys a new client has to
    /// wait for its turn to get a place.
    public static let refuse = Self(kind: .refuse)

    /// All such keys share one more bucket, of the same rate and burst.
    ///
    /// Together they get no more than one client does, however many they are. A key that gets a place later begins with
    /// the debt of the shared bucket, part of which may be its own; so it too never exceeds its envelope, and no key
    /// gains by losing its place.
    public static let share = Self(kind: .share)

    /// The policy's name.
    public var description: String {
        switch kind {
        case .refuse: "refuse"
        case .share: "share"
        }
    }
}
