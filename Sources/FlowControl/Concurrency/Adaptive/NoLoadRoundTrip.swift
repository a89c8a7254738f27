/// What a round trip takes when nothing queues at the service: what algorithms that look for queueing compare with.
///
/// It must follow a service that becomes slower, and must not take a queue of one's own making for a slower service. The
/// least of all round trips does the first wrong, a moving average, and a new start now and then with whatever is
/// measured, the second: fed with the queue, they take it for normal, the limit rises, and the queue with it, without
/// bound. Here it falls when less is measured, and rises on evidence alone:
/// - **Probes.** Every so many samples the limit is lowered by a tenth for two of them, or for more where they vary. An
///   algorithm that keeps a queue of less than a tenth has none then, so what is measured is right. If the queue was
///   larger, what is measured is nearer to the truth than it has to be for the algorithm to lower its limit; so the
///   next probe, which comes soon then, is nearer still. A probe that finds much more than was known has met a change of
///   the service: that is for the falls to tell, and little of it is believed.
/// - **Falls that don't help.** Where work queues, the round trip is in proportion to the limit. If the limit has been
///   lowered and the round trip has not followed it halfway, twice, then at the lower limit nothing queues.
struct NoLoadRoundTrip: Sendable, Hashable {
    /// What the limit is multiplied by during a probe.
    static let probeFactor = 0.9
    private static let probeSamples = 2...5
    /// How well the mean of a probe is to be known, if that takes no more samples than that.
    private static let probePrecision = 0.015
    private static let firstSamples = 10
    /// The samples to the next probe after one that has found a queue.
    private static let soon = 4

    /// Nanoseconds; `nil`: nothing is known yet.
    private(set) var nanoseconds: Double?
    private let probeInterval: Int
    private var samplesToProbe: Int
    /// Since something was known at all; 0: a queue has been seen since.
    private var samples = 0
    private var probe: Probe?
    private var beforeFall: Point?
    /// The limit has fallen and the round trip has not followed; if that happens again, nothing queues.
    private(set) var isInDoubt = false

    private struct Probe: Hashable {
        var count = 0
        var sum = 0.0
        var squaredError = 0.0
    }

    private struct Point: Hashable {
        var limit: Double
        var roundTrip: Double
    }

    init(probeInterval: Int) {
        precondition(probeInterval >= 1, "probes are some samples apart, not \(probeInterval)")
        self.probeInterval = probeInterval
        samplesToProbe = probeInterval
    }

    /// What a limit may be multiplied by: by half, but less far where doubt is to be settled.
    var largestFall: Double { isInDoubt ? 0.8 : 0.5 }

    var isProbing: Bool { probe != nil }

    /// A sample while a probe is under way.
    mutating func takeProbe(_ roundTrip: Double, relativeError error: Double) {
        guard var probe else { return }
        probe.count += 1
        probe.sum += roundTrip
        probe.squaredError += error * error
        let mean = probe.sum / Double(probe.count)
        let meanError = probe.squaredError.squareRoot() / Double(probe.count)
        guard
            probe.count >= Self.probeSamples.upperBound
                || probe.count >= Self.probeSamples.lowerBound && meanError <= Self.probePrecision
        else {
            self.probe = probe
            return
        }
        self.probe = nil
        samplesToProbe = probeInterval
        guard let known = nanoseconds else {
            nanoseconds = mean
            return
        }
        let chance = max(0.01, 2 * meanError) * known
        if mean < known - chance {
            // There was a queue, and may be one yet.
            nanoseconds = mean
            samplesToProbe = min(probeInterval, Self.soon)
        } else {
            nanoseconds = known + min(0.6 * (mean - known), chance)
        }
    }

    /// Any other sample. Falls are followed: slowly, since noise goes down as well as up, but at once if they are large.
    /// So that it isn't the least of the noise, what is as likely noise as not is followed upwards too, more slowly; a
    /// probe takes that back if it was a queue.
    mutating func take(_ roundTrip: Double, relativeError error: Double, at limit: Double) {
        guard let known = nanoseconds, roundTrip >= (1 - max(0.2, 4 * error)) * known else {
            nanoseconds = roundTrip
            samples = 1
            return
        }
        if (1..<Self.firstSamples).contains(samples), abs(roundTrip - known) < 3 * error * known {
            // The first may be off by chance, either way.
            samples += 1
            nanoseconds = known + (roundTrip - known) / Double(samples)
        } else if roundTrip < known {
            nanoseconds = known + 0.1 * (roundTrip - known)
        } else if roundTrip < known * (1 + 2 * error) {
            nanoseconds = known + 0.02 * (roundTrip - known)
        }
        if let before = beforeFall, limit <= 0.9 * before.limit {
            let (fallenTo, followedTo) = (limit / before.limit, roundTrip / before.roundTrip)
            let isFollowed = followedTo <= (1 + fallenTo) / 2 || roundTrip <= known
            if !isFollowed, isInDoubt {
                nanoseconds = roundTrip
                samples = 1
                beforeFall = nil
                isInDoubt = false
            } else {
                // Once may be because the service changed in the middle of the sample before; not if it has become worse.
                isInDoubt = !isFollowed && followedTo <= 1 + 2 * error
                beforeFall = Point(limit: limit, roundTrip: roundTrip)
            }
        }
    }

    /// What the algorithm makes of the sample: whether it lowers the limit for a queue.
    mutating func decide(isFall: Bool, roundTrip: Double, at limit: Double) {
        if !isFall {
            beforeFall = nil
            isInDoubt = false
        } else if beforeFall == nil {
            samples = 0
            beforeFall = Point(limit: limit, roundTrip: roundTrip)
        }
        samplesToProbe -= 1
        // Not in the middle of a fall, which tells as much.
        if samplesToProbe <= 0, !isFall { probe = Probe() }
    }
}
