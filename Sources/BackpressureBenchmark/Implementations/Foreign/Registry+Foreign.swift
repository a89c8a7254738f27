import BackpressureTesting
import BoundedQueues
import CForeignImplementations
import ConcurrencySupport

extension Registry {
    /// Opens a library in this process and adds what it offers.
    ///
    /// - Throws: ``InputFileError`` if it can't be used.
    mutating func openLibrary(path: String) throws(InputFileError) {
        try register(LibraryContents(of: ForeignLibrary(path: path)), from: path)
    }

    /// Adds what a library offers. The library is opened when the first object is made.
    ///
    /// - Throws: ``InputFileError`` if one of its identifiers is taken.
    mutating func register(_ contents: LibraryContents, from path: String) throws(InputFileError) {
        for (index, queue) in contents.queues.enumerated() {
            try checkIsFree(queue.id, for: path)
            register(QueueImplementation(queue, index: index, library: path))
        }
        for (index, limiter) in contents.limiters.enumerated() {
            try checkIsFree(limiter.id, for: path)
            register(LimiterImplementation(limiter, index: index, library: path))
        }
    }

    private func checkIsFree(_ id: String, for path: String) throws(InputFileError) {
        guard ids.contains(id) else { return }
        let owner =
            switch loaded.first(where: { $0.id == id })?.library {
            case nil: "an implementation that comes with this tool"
            case path: "this library itself (two entries have it, or the library was given twice)"
            case let other?: other
            }
        throw InputFileError(path: path, message: "the identifier '\(id)' is taken by \(owner); choose another")
    }

    /// The implementations that came from libraries, and the library of each.
    var loaded: [(id: String, library: String)] {
        queues.compactMap { queue in queue.library.map { (queue.id, $0) } }
            + limiters.compactMap { limiter in limiter.library.map { (limiter.id, $0) } }
    }
}

extension QueueImplementation {
    /// The queue at `index` of a library's list.
    fileprivate init(_ queue: LibraryContents.Queue, index: Int, library: String) {
        self.init(
            id: queue.id,
            family: .foreign,
            role: .contender,
            summary: "from \(library); \(queue.specification.summary)\(queue.canBlock ? "; can block threads" : "")",
            policies: [.block, .reject],
            drivers: [.threads, .tasks],
            maxProducers: queue.maxProducers == 0 ? nil : Int(queue.maxProducers),
            maxConsumers: queue.maxConsumers == 0 ? nil : Int(queue.maxConsumers),
            limitations: queue.specification.limitations,
            promises: QueuePromises(
                specification: queue.specification.history,
                contract: false,
                wakesInOrder: false
            ),
            conservesElements: true,
            arrivals: .all,
            yardstickFor: nil,
            parksThreads: queue.canBlock,
            library: library,
            words: { makeQueue($0, id: queue.id, library: library) { try entry(at: index, library: library) } },
            payloads: { makeQueue($0, id: queue.id, library: library) { try entry(at: index, library: library) } }
        )
    }
}

extension LimiterImplementation {
    /// The limiter at `index` of a library's list.
    fileprivate init(_ limiter: LibraryContents.Limiter, index: Int, library: String) {
        let id = limiter.id
        let virtual: @Sendable (LimiterSetup<VirtualClock>) -> LimiterInstance = {
            makeClockedLimiter($0, id: id, index: index, library: library)
        }
        self.init(
            id: id,
            family: .foreign,
            role: .contender,
            summary: "from \(library); \(limiter.specification.summary)",
            drivers: [.threads, .tasks],
            specification: limiter.specification,
            library: library,
            real: { makeLimiter($0, id: id, index: index, library: library) },
            virtual: limiter.takesClock ? virtual : nil
        )
    }
}

/// - Parameter library: where the entry comes from; `nil`: from this program itself.
func makeQueue<Element: ForeignElement>(
    _ setup: QueueSetup<Element>,
    id: String,
    library: String? = nil,
    _ entry: () throws -> backpressure_queue_v1
) -> QueueInstance {
    do {
        return QueueInstance(try ForeignQueue<Element>(entry(), capacity: setup.capacity, policy: setup.policy))
    } catch {
        return QueueInstance(failure: explain(error, id, library ?? "this program"))
    }
}

private func makeLimiter(
    _ setup: LimiterSetup<SystemNanosecondClock>,
    id: String,
    index: Int,
    library: String
) -> LimiterInstance {
    do {
        return LimiterInstance(try ForeignLimiter(try entry(at: index, library: library), setup))
    } catch {
        return LimiterInstance(failure: explain(error, id, library))
    }
}

private func makeClockedLimiter(
    _ setup: LimiterSetup<VirtualClock>,
    id: String,
    index: Int,
    library: String
) -> LimiterInstance {
    do {
        return LimiterInstance(try ClockedForeignLimiter(try entry(at: index, library: library), setup))
    } catch {
        return LimiterInstance(failure: explain(error, id, library))
    }
}

/// An error of the library's file names it; others don't.
private func explain(_ error: any Error, _ id: String, _ library: String) -> String {
    error is InputFileError ? "\(error)" : "\(library): '\(id)': \(error)"
}

/// The library is open already, as a rule, and opening it again costs next to nothing.
private func entry<Entry: ForeignEntry>(at index: Int, library path: String) throws(InputFileError) -> Entry {
    let library = try ForeignLibrary(path: path)
    guard let entries = try library.entries(Entry.self), entries.indices.contains(index) else {
        throw library.error("no longer has entry \(index + 1) of \(Entry.symbol): it has changed since the run began")
    }
    return entries[index].pointee
}

extension LibraryContents.Queue.Specification {
    fileprivate var summary: String {
        switch self {
        case .strict: "strict FIFO"
        case .relaxed: "FIFO, relaxed full and empty"
        case .perProducer: "FIFO per producer, relaxed full and empty"
        }
    }

    fileprivate var history: HistorySpecification {
        switch self {
        case .strict: .strict
        case .relaxed: .relaxed
        case .perProducer: .perProducer
        }
    }

    fileprivate var limitations: String? {
        switch self {
        case .strict: nil
        case .relaxed: "may say full or empty while another call is in flight"
        case .perProducer: "keeps the order of each producer's elements only"
        }
    }
}
