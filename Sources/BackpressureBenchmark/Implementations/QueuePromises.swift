public import BackpressureTesting
import BoundedQueues

/// What a queue promises, and is held to by `verify`.
public struct QueuePromises: Sendable {
    /// In what order elements come out, and when the queue may refuse; `nil`: in no order that is checked.
    public var specification: HistorySpecification?
    /// Whether it holds exactly as many elements as its capacity.
    public var boundIsExact: Bool
    /// Whether it keeps all of what `BoundedQueue` says, waiting and closing included.
    public var contract: Bool
    /// Whether those who wait come before newcomers.
    public var wakesInOrder: Bool
    /// Whether pushing and popping allocates nothing once the queue is in use.
    public var allocatesNothing: Bool
    /// Whether `tryPush` and `tryPop` succeed whenever there is room, or an element: where not, histories of them say
    /// nothing.
    var triesAreDecisive = true

    /// What a queue promises if nothing else is said: everything, but for how it uses memory.
    public init(
        specification: HistorySpecification? = .strict,
        boundIsExact: Bool = true,
        contract: Bool = true,
        wakesInOrder: Bool = true,
        allocatesNothing: Bool = false
    ) {
        self.specification = specification
        self.boundIsExact = boundIsExact
        self.contract = contract
        self.wakesInOrder = wakesInOrder
        self.allocatesNothing = allocatesNothing
    }

    /// Conservation, and the order of each producer: what any queue does.
    static let delivery: QueuePromises = {
        var promises = QueuePromises(specification: .perProducer, boundIsExact: false, contract: false)
        promises.triesAreDecisive = false
        return promises
    }()
}

extension QueueInstance {
    /// The queue behind the protocol: for checks, whose speed doesn't matter.
    var wordQueue: any BoundedQueue<UInt64> {
        guard let queue = queue as? any BoundedQueue<UInt64> else {
            preconditionFailure("\(failure ?? "a queue for words must be a BoundedQueue of UInt64; it is \(queue)")")
        }
        return queue
    }
}

/// A check that comes with an implementation, since only whoever made it can make what it needs: another protocol's
/// conformance suite, or the implementation on a model of memory.
struct ExtraVerification: Sendable {
    /// What it is called; its outcomes' names begin so.
    let id: String
    /// Its cases.
    let form: VerificationCaseForm
    let perform: @Sendable (VerificationEffort) async -> [VerificationOutcome]
}
