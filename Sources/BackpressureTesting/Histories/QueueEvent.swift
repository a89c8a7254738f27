/// One finished operation on a bounded queue, with the time of its call and of its return.
public struct QueueEvent: Sendable, Hashable {
    /// What was asked and what came of it.
    public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        /// A push that the queue accepted.
        case pushAccepted
        /// A push that came back since the queue said that it is full.
        case pushSaidFull
        /// A pop that took a value.
        case popTook
        /// A pop that came back with nothing since the queue said that it is empty.
        case popSaidEmpty
    }

    /// The value offered or taken; 0 for ``Kind/popSaidEmpty``, where it means nothing.
    public let value: UInt64
    /// A stamp from before the call; see ``HistoryClock``.
    public let call: UInt64
    /// A stamp from after the return, at least ``call``.
    public let returned: UInt64
    /// The number of the thread, from 0.
    public let thread: UInt32
    /// What was asked and what came of it.
    public let kind: Kind

    /// An operation that took place somewhere between `call` and `returned`.
    public init(thread: Int, _ kind: Kind, _ value: UInt64 = 0, call: UInt64, returned: UInt64) {
        self.value = value
        self.call = call
        self.returned = returned
        self.thread = UInt32(truncatingIfNeeded: thread)
        self.kind = kind
    }

    /// The queue said full or empty.
    public var isRefusal: Bool { kind == .pushSaidFull || kind == .popSaidEmpty }

    /// This operation had returned before the other was called. Equal stamps decide nothing: the two overlap.
    public func precedes(_ other: QueueEvent) -> Bool { returned < other.call }

    /// Neither of the two, which belong to different threads, was over before the other began.
    public func overlaps(_ other: QueueEvent) -> Bool {
        thread != other.thread && !precedes(other) && !other.precedes(self)
    }
}

extension QueueEvent: CustomStringConvertible {
    /// For example `push(17) accepted`.
    public var description: String {
        switch kind {
        case .pushAccepted: "push(\(value)) accepted"
        case .pushSaidFull: "push(\(value)) said full"
        case .popTook: "pop took \(value)"
        case .popSaidEmpty: "pop said empty"
        }
    }
}
