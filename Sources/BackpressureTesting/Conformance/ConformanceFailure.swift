/// A promise that an implementation has not kept: what a conformance check throws.
public struct ConformanceFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name of the check.
    public let check: String
    /// What the check expected, in words.
    public let expectation: String
    /// What happened instead, in words.
    public let observation: String

    /// A failure of the named check.
    public init(check: String, expectation: String, observation: String) {
        self.check = check
        self.expectation = expectation
        self.observation = observation
    }

    /// One line with all three parts.
    public var description: String { "\(check): expected \(expectation); but \(observation)" }
}

/// Throws the failures of one check.
struct Expectations: Sendable {
    let check: String
    /// What holds for all that is expected here: a capacity, a seed. Empty or begins with a comma.
    var circumstances = ""

    /// The same check in narrower circumstances.
    func with(_ circumstances: String) -> Expectations {
        Expectations(check: check, circumstances: "\(self.circumstances), \(circumstances)")
    }

    func expect(
        _ condition: Bool,
        _ expectation: @autoclosure () -> String,
        but observation: @autoclosure () -> String
    ) throws(ConformanceFailure) {
        if !condition { throw failure(expectation(), but: observation()) }
    }

    func expectEqual<Value: Equatable>(
        _ actual: Value,
        _ expected: Value,
        _ subject: @autoclosure () -> String
    ) throws(ConformanceFailure) {
        if actual != expected { throw failure("\(subject()) to be \(expected)", but: "it was \(actual)") }
    }

    func failure(_ expectation: String, but observation: String) -> ConformanceFailure {
        ConformanceFailure(check: check, expectation: expectation + circumstances, observation: observation)
    }
}
