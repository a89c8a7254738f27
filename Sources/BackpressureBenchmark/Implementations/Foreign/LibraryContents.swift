import CForeignImplementations

/// What a shared library offers, as plain data: a process can know it without having opened the library.
struct LibraryContents: Codable, Sendable, Equatable {
    struct Queue: Codable, Sendable, Equatable {
        /// What it promises; the numbers are those of the C header.
        enum Specification: UInt32, Codable, Sendable {
            case strict, relaxed, perProducer
        }

        var id: String
        /// 0: any number.
        var maxProducers: UInt32
        var maxConsumers: UInt32
        var specification: Specification
        /// It has functions that block the thread.
        var canBlock: Bool
    }

    struct Limiter: Codable, Sendable, Equatable {
        var id: String
        var specification: LimiterImplementation.Specification
        /// It can be told the time.
        var takesClock: Bool
    }

    /// In the order in which the library lists them.
    var queues: [Queue]
    var limiters: [Limiter]

    /// Reads an open library.
    ///
    /// - Throws: ``InputFileError`` if it has nothing for us, or something that isn't as the header has it.
    init(of library: ForeignLibrary) throws(InputFileError) {
        let queues = try library.entries(backpressure_queue_v1.self)
        let limiters = try library.entries(backpressure_limiter_v1.self)
        guard queues != nil || limiters != nil else {
            throw library.error(
                "exports neither \(backpressure_queue_v1.symbol) nor \(backpressure_limiter_v1.symbol); define one of them "
                    + "as backpressure_abi.h declares it (in C++ as extern \"C\"), and let it be visible"
            )
        }
        self.queues = (queues ?? []).map { Queue($0.pointee) }
        self.limiters = (limiters ?? []).map { Limiter($0.pointee) }
    }

    /// All identifiers, queues first.
    var ids: [String] { queues.map(\.id) + limiters.map(\.id) }
}

// Entries are checked before they get here.

extension LibraryContents.Queue {
    fileprivate init(_ entry: backpressure_queue_v1) {
        id = String(cString: entry.identifier)
        maxProducers = entry.max_producers
        maxConsumers = entry.max_consumers
        specification = Specification(rawValue: entry.specification) ?? .strict
        canBlock = entry.push_wait != nil && entry.pop_wait != nil
    }
}

extension LibraryContents.Limiter {
    fileprivate init(_ entry: backpressure_limiter_v1) {
        id = String(cString: entry.identifier)
        specification = LimiterImplementation.Specification(number: entry.specification) ?? .tokenBucket
        takesClock = entry.try_acquire_at != nil
    }
}
