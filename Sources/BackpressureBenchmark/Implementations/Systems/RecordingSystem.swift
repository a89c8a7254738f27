import BackpressureMonitoring
import ConcurrencySupport
import Logging

/// Takes latencies from many threads, and can say something about them.
public protocol RecordingSystem: Sendable {
    /// Takes a latency.
    func record(nanoseconds: UInt64)

    /// Reads what there is now, as somebody who watches does.
    ///
    /// - Returns: how many latencies were recorded since it was made, as far as it knows; all of them when nobody records
    ///   any more.
    func read() async -> UInt64
}

/// A ``RecordingSystem`` with the loop that records, specialised for its type.
public struct RecordingInstance: Sendable {
    let recordMany: @Sendable (_ count: Int, _ seed: UInt64) -> Void
    let read: @Sendable () async -> UInt64

    /// Wraps a system. Call it where the type is known, so that the loop is made for it.
    @inlinable
    public init(_ system: some RecordingSystem) {
        self.init(
            recordMany: { count, seed in
                var state = seed
                for _ in 0..<count {
                    // Latencies of all sizes up to a millisecond, so that no branch is foreseen.
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    system.record(nanoseconds: state >> 44)
                }
            },
            read: { await system.read() }
        )
    }

    @usableFromInline
    init(
        recordMany: @escaping @Sendable (_ count: Int, _ seed: UInt64) -> Void,
        read: @escaping @Sendable () async -> UInt64
    ) {
        self.recordMany = recordMany
        self.read = read
    }
}

/// The package's monitor.
struct MonitoredLatencies: RecordingSystem {
    private let monitor: LagMonitor
    // The harness has a type of that name too.
    private let recorder: BackpressureMonitoring.LatencyRecorder

    init() {
        // Nothing in memory of a window that outlasts the run is forgotten, so that the count is that of all.
        let settings = MonitorSettings(window: .seconds(3_600), parts: 2)
        monitor = LagMonitor(settings: settings, logger: Logger(label: "monitor") { _ in SwiftLogNoOpLogHandler() })
        recorder = monitor.watch("latencies", Probe { Gauges(kind: "harness") })
    }

    @inline(__always)
    func record(nanoseconds: UInt64) { recorder.record(nanoseconds: nanoseconds) }

    func read() async -> UInt64 { await monitor.read()["latencies"]?.latency?.count ?? 0 }
}

/// What many programs have instead: an array behind a lock, sorted for every reading.
final class SortedLatencies: RecordingSystem {
    private struct State {
        var latencies: [UInt64] = []
        var count: UInt64 = 0
    }

    private static let most = 100_000
    private let state = Lock(State())

    func record(nanoseconds: UInt64) {
        state.withLock { state in
            if state.latencies.count == Self.most { state.latencies = [] }
            state.latencies.append(nanoseconds)
            state.count += 1
        }
    }

    func read() async -> UInt64 {
        state.withLock { state in
            let sorted = state.latencies.sorted()
            keep(sorted.isEmpty ? 0 : sorted[sorted.count * 99 / 100])
            return state.count
        }
    }
}
