import BackpressureTesting

/// Makes up a day at a web server: 86 400 seconds of requests that are the same for the same seed on every platform.
///
/// The intensity of each second is the sum of
///
/// 1. a daily curve: a night level and two humps of the shape `height / (1 + (distance / width)²)²`,
/// 2. short bursts at random times, of random length and height,
/// 3. one flash crowd, which rises evenly and then decays by the same share each second,
///
/// rounded to 1/1024 of a request; the requests of the second are Poisson-distributed about it. There is no function of
/// the C library in it, whose last digit may differ between platforms.
package struct TraceGenerator: Sendable {
    package static let secondsPerDay = 86_400

    /// What the day looks like. Times are seconds of the day, intensities requests per second.
    package struct Parameters: Sendable, Equatable {
        package var nightIntensity = 0.7
        package var humps = [
            Hump(peakSecond: 11 * 3_600, width: 2.5 * 3_600, height: 2.8),
            Hump(peakSecond: 20 * 3_600, width: 2 * 3_600, height: 4.2),
        ]
        package var bursts = Bursts()
        package var crowd = Crowd()

        package init() {}
    }

    package struct Hump: Sendable, Equatable {
        package var peakSecond: Int
        /// Seconds from the peak to where a quarter of the height is left.
        package var width: Double
        package var height: Double
    }

    package struct Bursts: Sendable, Equatable {
        package var countPerDay = 120
        package var seconds = 1...8
        package var intensity = 4...16
    }

    package struct Crowd: Sendable, Equatable {
        package var startSecond = 14 * 3_600 + 1_800
        package var riseSeconds = 45
        package var peakIntensity = 45
        /// The crowd loses one part in so many each second.
        package var decaySeconds = 540
    }

    private let seed: UInt64
    private let parameters: Parameters

    /// - Precondition: intensities and counts are not negative; widths, ``Crowd/riseSeconds`` and
    ///   ``Crowd/decaySeconds`` are above 0.
    package init(seed: UInt64, parameters: Parameters = Parameters()) {
        self.seed = seed
        self.parameters = parameters
    }

    /// The requests of each second. O(seconds · intensity).
    package func requestsPerSecond() -> [UInt32] {
        var random = SeededGenerator(seed: seed)
        var intensity = dailyCurve()
        addBursts(to: &intensity, using: &random)
        addCrowd(to: &intensity)
        return intensity.map { fixed in
            UInt32(PoissonSampler(mean: Double(fixed) / Double(Self.one)).next(using: &random))
        }
    }

    /// The day as ``TraceReader`` reads it: the header `second,requests`, then a row for each second, with LF line ends.
    package func csv() -> String {
        var text = "second,requests\n"
        for (second, requests) in requestsPerSecond().enumerated() { text += "\(second),\(requests)\n" }
        return text
    }

    /// Intensities are whole numbers of `1 / one` requests per second.
    private static let one = 1 << 10

    private func dailyCurve() -> [Int] {
        (0..<Self.secondsPerDay).map { second in
            var intensity = parameters.nightIntensity
            for hump in parameters.humps {
                let apart = abs(second - hump.peakSecond)
                let distance = Double(min(apart, Self.secondsPerDay - apart)) / hump.width
                let slope = 1 + distance * distance
                intensity += hump.height / (slope * slope)
            }
            return Int((intensity * Double(Self.one)).rounded())
        }
    }

    private func addBursts(to intensity: inout [Int], using random: inout SeededGenerator) {
        for _ in 0..<parameters.bursts.countPerDay {
            let start = Int(random.below(UInt64(Self.secondsPerDay)))
            let length = random.number(in: parameters.bursts.seconds)
            let added = random.number(in: parameters.bursts.intensity) * Self.one
            for second in start..<min(start + length, Self.secondsPerDay) { intensity[second] += added }
        }
    }

    private func addCrowd(to intensity: inout [Int]) {
        let crowd = parameters.crowd
        let peak = crowd.peakIntensity * Self.one
        var level = peak
        for second in intensity.indices.dropFirst(crowd.startSecond) {
            let elapsed = second - crowd.startSecond
            if elapsed < crowd.riseSeconds {
                intensity[second] += peak * (elapsed + 1) / crowd.riseSeconds
            } else {
                level -= level / crowd.decaySeconds
                intensity[second] += level
            }
        }
    }
}

extension SeededGenerator {
    fileprivate mutating func number(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(below(UInt64(range.count)))
    }
}
