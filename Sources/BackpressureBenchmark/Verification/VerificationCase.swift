import BackpressureTesting

/// One of the cases that a check goes through, as `--only` names it: `capacity=2,producers=3,consumers=1`.
///
/// A failure names the one that it was found in, so that this alone can be made again, with the seed that it had.
struct VerificationCase: Codable, Sendable, Equatable, CustomStringConvertible {
    struct Field: Codable, Sendable, Equatable {
        let name: String
        let value: String
    }

    let fields: [Field]

    init(_ fields: (name: String, value: String)...) {
        self.fields = fields.map { Field(name: $0.name, value: $0.value) }
    }

    /// Reads what ``description`` wrote.
    ///
    /// - Returns: `nil` if it isn't a list of `name=value`.
    init?(_ text: String) {
        var fields: [Field] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else { return nil }
            fields.append(Field(name: String(sides[0]), value: String(sides[1])))
        }
        self.fields = fields
    }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// Whether it has these fields, each once, and no other.
    func has(_ names: [String]) -> Bool { fields.map(\.name).sorted() == names.sorted() }

    var description: String { fields.map { "\($0.name)=\($0.value)" }.joined(separator: ",") }
}

/// How to see a failure again: the seed and the case that it was found with.
struct VerificationReplay: Codable, Sendable, Equatable {
    var seed: UInt64
    /// `nil`: the seed alone says it.
    var only: VerificationCase?
}

/// What can be asked for with `--only`: cases of a check by the names of their fields.
struct VerificationCaseForm: Sendable {
    let fields: [String]

    /// For messages: `capacity=…,producers=…`.
    var example: String { fields.map { "\($0)=…" }.joined(separator: ",") }

    /// The promises of a protocol, one by one.
    static let promise = VerificationCaseForm(fields: ["promise"])
    /// One schedule of an exploration.
    static let schedule = VerificationCaseForm(fields: ["scene", "schedule"])
    /// Threads or tasks at the two ends of a queue.
    static let shape = VerificationCaseForm(fields: ["capacity", "producers", "consumers"])
}

extension VerificationEffort {
    /// Whether this is to be done: it is what was asked for; or nothing in particular was, and it is among those for
    /// this seed.
    func includes(_ candidate: VerificationCase) -> Bool {
        guard includesSome(of: candidate) else { return false }
        if only != nil || sampleOneIn == 1 { return true }
        // FNV-1a: the same cases with the same seed, in every process.
        let digest = candidate.description.utf8.reduce(14_695_981_039_346_656_037 as UInt64) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        var generator = SeededGenerator(seed: seed, stream: digest)
        return generator.next() % UInt64(sampleOneIn) == 0
    }

    /// Whether what was asked for may be among the cases with these fields.
    func includesSome(of candidate: VerificationCase) -> Bool {
        guard let only else { return true }
        return candidate.fields.allSatisfy { only[$0.name] == $0.value }
    }

    /// Whether the promise of this name is to be looked at.
    func includes(promise: String) -> Bool { includes(VerificationCase(("promise", promise.inKebabCase))) }

    /// The outcomes, if there are any. What was asked for and isn't there is no pass; what isn't among those for this seed is
    /// another's.
    func orNothing(_ outcomes: [VerificationOutcome], _ check: String) -> [VerificationOutcome] {
        guard outcomes.isEmpty, let only else { return outcomes }
        return [
            VerificationOutcome(
                check: check,
                verdict: .vacuous,
                specification: "",
                detail: "there is no case '\(only)'"
            )
        ]
    }
}

extension VerificationCase {
    /// Threads or tasks at the two ends of a queue.
    init(capacity: Int, _ shape: (producers: Int, consumers: Int)) {
        self.init(
            ("capacity", "\(capacity)"),
            ("producers", "\(shape.producers)"),
            ("consumers", "\(shape.consumers)")
        )
    }
}

extension VerificationEffort {
    func includes(capacity: Int, _ shape: (producers: Int, consumers: Int)) -> Bool {
        includes(VerificationCase(capacity: capacity, shape))
    }
}

extension VerificationCaseForm {
    /// One of a limiter's loads, counted from 1.
    static let load = VerificationCaseForm(fields: ["load"])
}

extension VerificationCase {
    /// The load at this index.
    init(load index: Int) { self.init(("load", "\(index + 1)")) }
}

extension VerificationEffort {
    func includes(load index: Int) -> Bool { includes(VerificationCase(load: index)) }
}
