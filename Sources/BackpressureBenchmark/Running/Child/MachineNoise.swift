internal import CConcurrencySupport
import ConcurrencySupport
import Synchronization

/// How fast and how steady the machine is at the moment: measured in every child beside its own work, so that the noise
/// of a whole run is known.
struct MachineNoise: Codable, Sendable {
    /// A fixed piece of arithmetic.
    var calibrationNanoseconds: Double
    /// Handing a word from one processor to another and back: how far apart they are, and whether they were busy otherwise.
    var pingPongNanoseconds: Double
    /// Reading the clock once.
    var clockNanoseconds: Double

    /// Some four milliseconds.
    static func measure() -> MachineNoise {
        MachineNoise(
            calibrationNanoseconds: calibration(),
            pingPongNanoseconds: pingPong(roundTrips: 5_000),
            clockNanoseconds: clock(readings: 20_000)
        )
    }

    /// Handing a word to and fro, for some tenths of a millisecond.
    static func lineRoundTripNanoseconds() -> Double { pingPong(roundTrips: 1_000) }

    private static func time(_ work: () -> Void) -> Double {
        let clock = SystemNanosecondClock()
        let start = clock.nanoseconds()
        work()
        return Double(clock.nanoseconds() - start)
    }

    private static func calibration() -> Double {
        time {
            var state: UInt64 = 1
            for _ in 0..<1_000_000 { state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
            keep(state)
        }
    }

    private static func clock(readings: Int) -> Double {
        let clock = SystemNanosecondClock()
        return time {
            var sum: UInt64 = 0
            for _ in 0..<readings { sum &+= clock.nanoseconds() }
            keep(sum)
        } / Double(readings)
    }

    private final class Court: Sendable {
        static let ended = -1
        let ball = Atomic<Int>(0)
    }

    /// A mean over at most so many round trips, and over fewer where the machine is so busy that they would take long:
    /// each may then wait for a time slice. Each player keeps to a processor of its own, if the system lets it, or both might
    /// find themselves on the same.
    private static func pingPong(roundTrips: Int) -> Double {
        let court = Court()
        let partner = WorkerThread {
            _ = backpressure_keep_to_processor(1)
            var turn = 0
            while true {
                var backoff = Backoff(pauses: 2_000)
                while court.ball.load(ordering: .acquiring) == 2 * turn { backoff.pause() }
                if court.ball.load(ordering: .relaxed) == Court.ended { return }
                turn += 1
                court.ball.store(2 * turn, ordering: .releasing)
            }
        }
        // A thread of its own, since the caller's isn't to stay where it is put.
        let mean = Lock(0.0)
        WorkerThread {
            _ = backpressure_keep_to_processor(0)
            let nanoseconds = serve(court, roundTrips: roundTrips)
            mean.withLock { $0 = nanoseconds }
        }.join()
        partner.join()
        return mean.withLock { $0 }
    }

    /// The side that begins. The first round trip, for which the other thread may have to be started yet, doesn't count.
    private static func serve(_ court: Court, roundTrips: Int) -> Double {
        let clock = SystemNanosecondClock()
        var start = clock.nanoseconds()
        var turn = 0
        while turn <= roundTrips, turn < 2 || turn % 16 != 0 || clock.nanoseconds() - start < longestPingPongNanoseconds
        {
            if turn == 1 { start = clock.nanoseconds() }
            court.ball.store(2 * turn + 1, ordering: .releasing)
            turn += 1
            var backoff = Backoff(pauses: 2_000)
            while court.ball.load(ordering: .acquiring) != 2 * turn { backoff.pause() }
        }
        let nanoseconds = Double(clock.nanoseconds() - start)
        court.ball.store(Court.ended, ordering: .releasing)
        return nanoseconds / Double(turn - 1)
    }

    private static let longestPingPongNanoseconds: UInt64 = 50_000_000
}

/// Keeps the optimiser from removing work whose result nobody needs.
@inline(never)
func keep<Value>(_ value: Value) {}
