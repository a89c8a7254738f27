/// The way through the tree of all executions: what was chosen so far where there was a choice, and where to turn next.
///
/// Choices are known by the number of the step at which they were made, counted through the execution whether there was
/// anything to choose or not. So a schedule means the same whatever the bounds are under which it is replayed.
struct ChoicePath {
    private struct Choice {
        var step: Int
        var options: [Int]
        var chosen: Int
        var isStale: Bool
    }

    private var choices: [Choice] = []
    private var position = 0
    private var step = 0
    /// What is prescribed at which step, in a replay.
    private let prescribed: ExplorationSchedule?
    private(set) var pointCount = 0

    init(replaying schedule: ExplorationSchedule? = nil) { prescribed = schedule }

    var isReplay: Bool { prescribed != nil }

    /// Whether the next choice is one that no execution before has come to on this way.
    var isNew: Bool { position >= choices.count }

    mutating func nextStep() { step += 1 }

    /// Chooses among the options for this step, of which there are at least two; the first is what happens by itself.
    mutating func choose(_ options: [Int], isStale: Bool) -> Int {
        if let prescribed {
            let wanted = prescribed.deviations.first { $0.step == step && $0.isStale == isStale }
            return wanted.flatMap { options.contains($0.choice) ? $0.choice : nil } ?? options[0]
        }
        if position == choices.count {
            choices.append(Choice(step: step, options: options, chosen: 0, isStale: isStale))
            pointCount += 1
        }
        let choice = choices[position]
        precondition(
            choice.step == step && choice.options == options,
            "the same schedule led elsewhere: the threads depend on something that isn't the same in each execution"
        )
        position += 1
        return choice.options[choice.chosen]
    }

    /// Goes on to the next way; `false`: there is none.
    mutating func advance() -> Bool {
        position = 0
        step = 0
        while let last = choices.last {
            if last.chosen + 1 < last.options.count {
                choices[choices.count - 1].chosen += 1
                return true
            }
            choices.removeLast()
        }
        return false
    }

    /// What was chosen in this execution otherwise than by itself.
    var schedule: ExplorationSchedule {
        if let prescribed { return prescribed }
        return ExplorationSchedule(
            deviations: choices.prefix(position).filter { $0.chosen > 0 }.map {
                ExplorationSchedule.Deviation(step: $0.step, choice: $0.options[$0.chosen], isStale: $0.isStale)
            }
        )
    }
}

/// Which thread ran when, and which loads saw old values, in one execution: what ``ScheduleExplorer/replay(_:_:)`` needs.
///
/// Its description, such as `7>2 12~1`, can be turned back into it. `7>2`: at step 7 thread 2 goes on; `12~1`: at step 12 a
/// load sees the value one store older than the newest; in all other steps what happens by itself.
public struct ExplorationSchedule: Sendable, Hashable, CustomStringConvertible {
    struct Deviation: Sendable, Hashable {
        var step: Int
        var choice: Int
        var isStale: Bool
    }

    let deviations: [Deviation]

    init(deviations: [Deviation]) { self.deviations = deviations }

    /// Reads what ``description`` wrote; `nil`: it is no schedule.
    public init?(_ description: String) {
        var deviations: [Deviation] = []
        for part in description.split(separator: " ") where part != "-" {
            let isStale = part.contains("~")
            let numbers = part.split(separator: isStale ? "~" : ">", omittingEmptySubsequences: false)
            guard numbers.count == 2, let step = Int(numbers[0]), let choice = Int(numbers[1]) else { return nil }
            // Threads are counted from 1 in words and from 0 here.
            deviations.append(Deviation(step: step, choice: isStale ? choice : choice - 1, isStale: isStale))
        }
        self.deviations = deviations
    }

    /// In one line; `-`: everything happened by itself.
    public var description: String {
        if deviations.isEmpty { return "-" }
        return deviations.map { $0.isStale ? "\($0.step)~\($0.choice)" : "\($0.step)>\($0.choice + 1)" }
            .joined(separator: " ")
    }
}
