/// What became of a batch that a ``WatermarkController`` flushed: everything delivered, or all but some elements.
///
/// A flush of which nothing was delivered may throw instead.
public struct FlushResult: Sendable {
    /// One element that wasn't delivered.
    public struct Failure: Sendable {
        /// Its index in the batch.
        public var index: Int
        /// Why.
        public var error: any Error
        /// Whether trying again is useless: it is dead-lettered at once as malformed.
        public var isPermanent: Bool

        /// The element at `index` wasn't delivered.
        public init(index: Int, error: any Error, isPermanent: Bool = false) {
            self.index = index
            self.error = error
            self.isPermanent = isPermanent
        }
    }

    /// The elements that weren't delivered, in any order. An index that the batch hasn't fails a precondition; of several
    /// failures with the same index the first counts.
    public var failures: [Failure]

    /// All but these were delivered.
    public init(failures: [Failure]) { self.failures = failures }

    /// Everything was delivered.
    public static var delivered: FlushResult { FlushResult(failures: []) }

    /// All but the elements at these indices were delivered; trying again may help.
    public static func failed(at indices: some Sequence<Int>, _ error: any Error) -> FlushResult {
        FlushResult(failures: indices.map { Failure(index: $0, error: error) })
    }
}
