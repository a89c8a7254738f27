/// Recorded or generated traffic: how many requests came in each second.
package struct Trace: Sendable, Equatable {
    /// From the first second to the last.
    package var requestsPerSecond: [UInt32]
    /// Lines of an access log that could not be read and were left out.
    package var malformedLines: Int

    package init(requestsPerSecond: [UInt32], malformedLines: Int = 0) {
        self.requestsPerSecond = requestsPerSecond
        self.malformedLines = malformedLines
    }

    /// All requests. O(seconds).
    package var total: Int { requestsPerSecond.reduce(0) { $0 + Int($1) } }
}
