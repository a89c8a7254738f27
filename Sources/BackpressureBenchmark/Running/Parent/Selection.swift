import Foundation

extension Registry {
    /// - Parameter others: ids that are known besides, from recorded results.
    /// - Throws: ``RunError``: somebody asks for an implementation that doesn't exist.
    func checkNames(_ asked: [String], beside others: [String] = []) throws(RunError) {
        let known = ids + others
        for id in asked where !known.contains(id) {
            let hint = NearestWord.hint(for: id, among: ids)
            throw .usage("there is no implementation '\(id)'; there are: \(ids.joined(separator: ", "))\(hint)")
        }
    }
}

/// Which implementations in which scenarios the options keep.
struct Selection: Sendable {
    private let implementations: Set<String>
    private let filter: NSRegularExpression?

    init(_ options: RunOptions) throws(RunError) {
        implementations = Set(options.implementations)
        guard let pattern = options.filter else {
            filter = nil
            return
        }
        do {
            filter = try NSRegularExpression(pattern: pattern)
        } catch {
            throw .usage("'\(pattern)' is not a regular expression (--filter)")
        }
    }

    func keeps(_ implementation: String, inScenario scenario: String) -> Bool {
        (implementations.isEmpty || implementations.contains(implementation))
            && (matches(implementation) || matches(scenario))
    }

    private func matches(_ text: String) -> Bool {
        guard let filter else { return true }
        return filter.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
    }
}
