import ConcurrencySupport

/// Holds a measurement back until the processors are close to one another.
///
/// A virtual machine's processors wander: for minutes a cache line may take five times as long from one to the other, and
/// whatever two threads share is slower by as much. Who compares such figures wants them all from near processors, or all from
/// far ones.
struct LineGate: Sendable {
    /// The longest round trip of a cache line that lets a measurement count.
    let limitNanoseconds: Double
    /// How long to wait for one measurement, and for all; and how often to make one before it is given up.
    var secondsEach = 60.0
    var secondsInAll = 900.0
    var attempts = 50
    /// The round trip now.
    var roundTrip: @Sendable () -> Double = { MachineNoise.lineRoundTripNanoseconds() }
    private(set) var waited = 0
    private(set) var waitedSeconds = 0.0

    init(limitNanoseconds: Double) {
        self.limitNanoseconds = limitNanoseconds
    }

    /// Waits until the processors are near; `false`: they never were.
    mutating func open() async -> Bool {
        if roundTrip() <= limitNanoseconds { return true }
        waited += 1
        let clock = ContinuousClock()
        let begin = clock.now
        var seconds: Double { (clock.now - begin) / .seconds(1) }
        defer { waitedSeconds += seconds }
        let patience = min(secondsEach, secondsInAll - waitedSeconds)
        while seconds < patience, (try? await clock.sleep(for: .milliseconds(20))) != nil {
            if roundTrip() <= limitNanoseconds { return true }
        }
        return false
    }

    /// Whether they still were when a measurement had ended.
    func admits(_ noise: MachineNoise?) -> Bool {
        noise.map { $0.pingPongNanoseconds <= limitNanoseconds } ?? true
    }

    /// Why a measurement was given up.
    var complaint: String {
        "the processors didn't come or stay near enough: a cache line's way there and back took longer than the "
            + "\(Numbers.duration(nanoseconds: limitNanoseconds)) of --line-within; measure at another time, allow more, "
            + "or leave the option out"
    }
}
