/// What a comparison asks of a tool that measures slices: one line of JSON. Two revisions of the tool speak this with each
/// other, so members may be added and none may change.
struct SliceRequest: Codable, Sendable, Equatable {
    var seed: UInt64
    var warmupSeconds: Double
    var durationSeconds: Double
}

/// What the tool answers: one line of JSON when it is ready, and one for each request.
struct SliceAnswer: Codable, Sendable, Equatable {
    /// In the first line alone: which ``SliceRequest``s it understands.
    var version: Int?
    var samples: [Sample] = []
    /// Why there are none.
    var failure: String?

    static let version = 1

    struct Sample: Codable, Sendable, Equatable {
        var driver: String
        var metric: String
        var unit: String
        var value: Double
    }
}
