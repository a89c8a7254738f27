/// A small, fast random number generator whose whole sequence follows from its seed, so that every failure and every
/// schedule can be replayed.
///
/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014). Not for secrets.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Starts the sequence that belongs to `seed`.
    public init(seed: UInt64) {
        state = seed
    }

    /// Derives an independent sequence, for example one per worker of a run.
    ///
    /// - Parameter stream: which of the sequences that belong to `seed`.
    public init(seed: UInt64, stream: UInt64) {
        var parent = SeededGenerator(seed: seed ^ (stream &* 0xD1B5_4A32_D192_ED03))
        state = parent.next()
    }

    /// The next 64 random bits. O(1).
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension UInt64 {
    /// The seed of the script of this number, of those that this seed of a suite stands for. 0 stands for the numbers
    /// themselves.
    func variant(_ number: Int) -> UInt64 { self &* 10_000 &+ UInt64(number) }
}
