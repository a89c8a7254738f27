/// Something whose utilisation can be read.
public struct LoadSignal: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Its name, in logs too.
    public let name: String

    private init(_ name: String) { self.name = name }

    /// The processors: the share of their time in use.
    public static let cpu = Self("cpu")
    /// Memory: the share in use of the tightest limit there is.
    public static let memory = Self("memory")
    /// The share of time in which some task waited for a processor (the kernel's pressure stall information, as are the
    /// next two).
    public static let cpuPressure = Self("cpu pressure")
    /// The share of time in which some task waited for memory.
    public static let memoryPressure = Self("memory pressure")
    /// The share of time in which some task waited for input or output.
    public static let ioPressure = Self("io pressure")

    /// A pool of the caller's: connections, threads, a queue.
    public static func pool(_ name: String) -> Self { Self("pool \(name)") }

    /// Its name.
    public var description: String { name }

    /// By name.
    public static func < (first: Self, second: Self) -> Bool { first.name < second.name }
}

/// What could be read of a system's load at one time: a share from 0 to 1 for each signal.
///
/// A signal that couldn't be read isn't there. It is not 0: nothing is known about it.
public struct LoadReadings: Sendable, Hashable {
    private var shares: [LoadSignal: Double] = [:]

    /// Nothing could be read.
    public init() {}

    /// Those that aren't `nil`, as by the subscript.
    public init(_ readings: [LoadSignal: Double?]) {
        for (signal, share) in readings { self[signal] = share }
    }

    /// The share of a signal; `nil`: it couldn't be read. What is set is moved into 0...1; what isn't a number can't be
    /// read.
    public subscript(signal: LoadSignal) -> Double? {
        get { shares[signal] }
        set { shares[signal] = newValue.flatMap { $0.isNaN ? nil : min(max($0, 0), 1) } }
    }

    /// The signals that could be read, by name.
    public var signals: [LoadSignal] { shares.keys.sorted() }

    /// Adds what others have read. A signal that both have keeps the larger share.
    public mutating func merge(_ others: LoadReadings) {
        shares.merge(others.shares) { max($0, $1) }
    }
}

/// Reads how loaded something is.
public protocol LoadProvider: Sendable {
    /// What can be read now. Called at regular intervals, one call at a time; a share of time is that since the last
    /// call.
    func readings() async -> LoadReadings
}

/// The utilisation of a pool of the caller's, such as connections, threads, or a queue's depth.
public struct PoolLoadProvider: LoadProvider {
    private let signal: LoadSignal
    private let utilization: @Sendable () async -> Double?

    /// A pool.
    ///
    /// - Parameters:
    ///   - name: what its signal is called; see ``LoadSignal/pool(_:)``.
    ///   - utilization: the share in use, from 0 to 1; `nil`: it can't be read.
    public init(_ name: String, utilization: @escaping @Sendable () async -> Double?) {
        signal = .pool(name)
        self.utilization = utilization
    }

    /// The pool's utilisation.
    public func readings() async -> LoadReadings {
        var readings = LoadReadings()
        readings[signal] = await utilization()
        return readings
    }
}

/// What several providers read, together.
public struct CombinedLoadProvider: LoadProvider {
    private let providers: [any LoadProvider]

    /// Reads them in this order. Of a signal that several read, the largest share counts.
    public init(_ providers: [any LoadProvider]) {
        self.providers = providers
    }

    /// All readings.
    public func readings() async -> LoadReadings {
        var readings = LoadReadings()
        for provider in providers { await readings.merge(provider.readings()) }
        return readings
    }
}
