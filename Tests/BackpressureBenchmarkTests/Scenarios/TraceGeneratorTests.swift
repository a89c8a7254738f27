import Foundation
import Testing

@testable import BackpressureBenchmark
@testable import BackpressureTesting

@Suite("The synthetic day")
struct TraceGeneratorTests {
    @Test("the committed day is what the generator makes")
    func committedDay() throws {
        let committed = try String(contentsOfFile: Files.day, encoding: .utf8)
        #expect(committed == TraceGenerator(seed: 1).csv())
        #expect(committed != TraceGenerator(seed: 2).csv())
    }

    @Test("its README tells its size")
    func readme() async throws {
        let total = try await TraceReader.read(path: Files.day).total
        let readme = try String(contentsOfFile: Files.packageRoot.path + "/Fixtures/traces/README.md", encoding: .utf8)
        #expect(readme.contains("\(total / 1_000) \(total % 1_000) requests"))
    }

    @Test("has a low night, two humps and a flash crowd that fades", arguments: [1, 2, 3] as [UInt64])
    func shape(seed: UInt64) {
        let day = TraceGenerator(seed: seed).requestsPerSecond()
        #expect(day.count == 86_400)
        #expect((150_000...250_000).contains(day.reduce(0) { $0 + Int($1) }))
        func mean(_ start: Double, _ end: Double) -> Double {
            let seconds = day[Int(start * 3_600)..<Int(end * 3_600)]
            return Double(seconds.reduce(0) { $0 + Int($1) }) / Double(seconds.count)
        }
        let (night, morning, noon, evening) = (mean(2, 4), mean(10.5, 11.5), mean(13.5, 14.5), mean(19.5, 20.5))
        #expect(morning > 2 * night)
        #expect(noon < morning)
        #expect(evening > morning)
        let crowdStart = 14.5
        #expect(mean(crowdStart + 0.02, crowdStart + 0.1) > 10 * mean(crowdStart - 0.5, crowdStart))
        // It loses 63 % in nine minutes.
        #expect(mean(crowdStart + 0.17, crowdStart + 0.27) < 0.5 * mean(crowdStart + 0.02, crowdStart + 0.12))
        #expect(mean(crowdStart + 1, crowdStart + 1.5) < 1.2 * morning)
    }

    @Test("is silent where its parameters are")
    func silent() {
        var parameters = TraceGenerator.Parameters()
        parameters.nightIntensity = 0
        parameters.humps = []
        parameters.bursts.countPerDay = 0
        parameters.crowd.peakIntensity = 0
        #expect(TraceGenerator(seed: 1, parameters: parameters).requestsPerSecond().allSatisfy { $0 == 0 })
    }
}

@Suite("Poisson-distributed counts")
struct PoissonSamplerTests {
    /// Mean and variance of many draws, and how many standard errors they are off.
    private func check(mean: Double, sample: [Int]) -> (mean: Double, variance: Double) {
        let count = Double(sample.count)
        let average = Double(sample.reduce(0, +)) / count
        let squares = sample.reduce(0) { $0 + (Double($1) - average) * (Double($1) - average) }
        let variance = squares / (count - 1)
        let errorOfMean = (mean / count).squareRoot()
        let errorOfVariance = ((mean + 2 * mean * mean) / count).squareRoot()
        return ((average - mean) / errorOfMean, (variance - mean) / errorOfVariance)
    }

    @Test("have their mean and the same variance", arguments: [0.001, 0.5, 1, 7.9, 31.9, 32.1, 100, 1_000])
    func moments(mean: Double) {
        let sampler = PoissonSampler(mean: mean)
        var random = SeededGenerator(seed: 1)
        let off = check(mean: mean, sample: (0..<20_000).map { _ in sampler.next(using: &random) })
        #expect(abs(off.mean) < 4)
        #expect(abs(off.variance) < 4)
    }

    @Test("are told from counts of the same mean that don't vary, and from others of the same spread")
    func momentsTellOthers() {
        var random = SeededGenerator(seed: 1)
        #expect(abs(check(mean: 8, sample: Array(repeating: 8, count: 20_000)).variance) > 4)
        #expect(abs(check(mean: 8, sample: (0..<20_000).map { _ in Int(random.below(17)) }).variance) > 4)
        let sampler = PoissonSampler(mean: 8.2)
        #expect(abs(check(mean: 8, sample: (0..<20_000).map { _ in sampler.next(using: &random) }).mean) > 4)
    }

    @Test("of mean 2 come as often as the distribution says")
    func frequencies() {
        let sampler = PoissonSampler(mean: 2)
        var random = SeededGenerator(seed: 1)
        let draws = 100_000
        var seen: [Int: Int] = [:]
        for _ in 0..<draws { seen[sampler.next(using: &random), default: 0] += 1 }
        for (count, probability) in [0.135_335, 0.270_671, 0.270_671, 0.180_447, 0.090_224, 0.036_089].enumerated() {
            let expected = probability * Double(draws)
            #expect(abs(Double(seen[count] ?? 0) - expected) < 4 * expected.squareRoot())
        }
    }

    @Test("of mean 0 are 0")
    func none() {
        let sampler = PoissonSampler(mean: 0)
        var random = SeededGenerator(seed: 1)
        #expect((0..<1_000).allSatisfy { _ in sampler.next(using: &random) == 0 })
    }

    @Test("and uniform draws are pinned, so that no platform or version changes them unseen")
    func pinned() {
        var random = SeededGenerator(seed: 42)
        #expect((0..<6).map { _ in random.below(1_000) } == [741, 159, 278, 344, 38, 868])
        let sampler = PoissonSampler(mean: 5)
        #expect((0..<12).map { _ in sampler.next(using: &random) } == [3, 7, 4, 6, 3, 5, 5, 5, 6, 3, 2, 5])
    }
}
