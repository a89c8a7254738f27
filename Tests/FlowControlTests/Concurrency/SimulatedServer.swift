import BackpressureTesting
import FlowControl
import Foundation

/// A service with so many servers, each at one request at a time, and what it does with requests that find none free:
/// simulated event by event, on a clock of its own, from a seed.
struct SimulatedServer {
    /// What the service is like for a time.
    struct Phase {
        var seconds: Double
        var servers: Int
        /// The mean.
        var serviceSeconds: Double
    }

    /// How the limit was in one second of the simulation.
    struct Second {
        var phase: Int
        /// Since the phase began.
        var seconds: Double
        var meanLimit: Double
        /// Against the phase's servers.
        var deviation: Double
    }

    /// How long requests take, as a multiple of the mean.
    enum Times {
        /// All alike.
        case fixed
        /// Evenly from half the mean to one and a half.
        case even
        /// Many short ones and few long ones: the standard deviation is the mean.
        case exponential

        func next(using generator: inout SeededGenerator) -> Double {
            switch self {
            case .fixed: 1
            case .even: .random(in: 0.5..<1.5, using: &generator)
            case .exponential: -log(1 - .random(in: 0..<1, using: &generator))
            }
        }
    }

    private struct Event {
        var time: UInt64
        /// `nil`: a request arrives.
        var permit: TimedPermit?
    }

    /// Requests beyond the servers are refused, and don't queue.
    var refuses = false
    /// Requests a second, as a multiple of what the first phase's servers can do.
    var load = 2.0
    var times = Times.even
    var seed: UInt64

    /// Runs all phases and returns each whole second.
    func run<Algorithm: ConcurrencyLimitAlgorithm>(_ algorithm: Algorithm, _ phases: [Phase]) -> [Second] {
        var generator = SeededGenerator(seed: seed)
        let clock = ManualClock()
        let limit = AdaptiveConcurrencyLimit(algorithm: algorithm, clock: clock)
        var events = [Event(time: 0, permit: nil)]
        var waiting: [TimedPermit] = []
        var firstWaiting = 0
        var busy = 0
        var seconds: [Second] = []
        var phase = 0
        var phaseBegin: UInt64 = 0
        var lastTime: UInt64 = 0
        var area = 0.0
        var secondBegin: UInt64 = 0
        let gap = phases[0].serviceSeconds / Double(phases[0].servers) / load * 1e9

        func push(_ event: Event) {
            // In order, the earliest last; of those at the same time, the newest.
            var index = 0
            var end = events.endIndex
            while index < end {
                let middle = (index + end) / 2
                if events[middle].time < event.time { end = middle } else { index = middle + 1 }
            }
            events.insert(event, at: index)
        }
        func serve(_ permit: TimedPermit) {
            busy += 1
            let service = phases[phase].serviceSeconds * times.next(using: &generator)
            push(Event(time: clock.nanoseconds() + UInt64(service * 1e9), permit: permit))
        }

        while let event = events.popLast() {
            clock.advance(byNanoseconds: event.time - lastTime)
            area += Double(limit.limit) * Double(event.time - lastTime)
            lastTime = event.time
            if event.time - secondBegin >= 1_000_000_000 {
                let mean = area / Double(event.time - secondBegin)
                let servers = Double(phases[phase].servers)
                let since = Double(secondBegin - phaseBegin) / 1e9
                seconds.append(Second(phase: phase, seconds: since, meanLimit: mean, deviation: mean / servers - 1))
                (area, secondBegin) = (0, event.time)
                if Double(event.time - phaseBegin) / 1e9 >= phases[phase].seconds {
                    phase += 1
                    if phase == phases.count { return seconds }
                    phaseBegin = event.time
                }
            }
            if let permit = event.permit {
                busy -= 1
                limit.release(permit)
            } else {
                // Evenly from nothing to twice the mean: neither regular nor in step with anything.
                push(Event(time: event.time + UInt64(gap * Double.random(in: 0..<2, using: &generator)), permit: nil))
                if let permit = limit.tryAcquirePermit() {
                    if refuses, busy >= phases[phase].servers {
                        limit.release(permit, .dropped)
                    } else {
                        waiting.append(permit)
                    }
                }
            }
            while busy < phases[phase].servers, firstWaiting < waiting.count {
                serve(waiting[firstWaiting])
                firstWaiting += 1
            }
        }
        return seconds
    }
}
