import Testing

/// A command line that can't be carried out, and what must be said of it. `{}` stands for the test's folder.
struct BadInput: Sendable, CustomTestStringConvertible {
    let what: String
    let arguments: [String]
    let exitCode: Int
    /// What the error must contain.
    let names: [String]

    var testDescription: String { what }

    init(_ what: String, _ arguments: [String], exitCode: Int, names: [String]) {
        self.what = what
        self.arguments = arguments
        self.exitCode = exitCode
        self.names = names
    }

    private static let tiny = ["--scenario", "{}/good.yaml"]
    private static let day = "Fixtures/traces/day.csv"

    static let commandLines = [
        BadInput("an unknown command", ["frobnicate"], exitCode: 64, names: ["frobnicate"]),
        BadInput("an unknown option", ["run", "--frobnicate"], exitCode: 64, names: ["--frobnicate"]),
        BadInput(
            "an unknown section",
            ["run", "--only", "speed"],
            exitCode: 64,
            names: ["speed", "accuracy, stress, systems"]
        ),
        BadInput(
            "no section",
            ["run", "--only", ""],
            exitCode: 64,
            names: ["--only", "throughput, accuracy, stress"]
        ),
        BadInput("an unknown profile", ["--profile", "slow"], exitCode: 64, names: ["slow", "quick"]),
        BadInput(
            "no time for a line",
            ["run", "--line-within", "0"],
            exitCode: 64,
            names: ["--line-within", "nanoseconds", "above 0"]
        ),
        BadInput(
            "no repetitions",
            ["run", "--repetitions", "0"],
            exitCode: 64,
            names: ["--repetitions", "1 to 1000"]
        ),
        BadInput("words for a number", ["run", "--seed", "some"], exitCode: 64, names: ["some", "--seed"]),
        BadInput("an empty folder name", ["run", "--output", ""], exitCode: 64, names: ["--output"]),
        BadInput(
            "an unknown implementation",
            ["run", "--implementation", "mutexx"] + tiny,
            exitCode: 64,
            names: ["mutexx", "ring-by-hand"]
        ),
        BadInput(
            "a filter that is no regular expression",
            ["run", "--filter", "("] + tiny,
            exitCode: 64,
            names: ["'('", "--filter"]
        ),
        BadInput(
            "a trace that nothing replays",
            ["run", "--trace", day] + tiny,
            exitCode: 64,
            names: [day, "replays a trace"]
        ),
        BadInput(
            "a trace that nothing chosen replays",
            ["run", "--trace", day, "--scenario", "{}/replay.yaml", "--filter", "saturated"] + tiny,
            exitCode: 64,
            names: [day, "replays a trace"]
        ),
    ]

    static let nothingToMeasure = [
        BadInput(
            "a filter that nothing matches",
            ["run", "--filter", "no-such-thing"] + tiny,
            exitCode: 5,
            names: ["fits the options", "'list'"]
        ),
        BadInput("a section without scenarios", ["stress"] + tiny, exitCode: 5, names: ["fits the options"]),
        BadInput(
            "an implementation that no scenario can use, beside one that can",
            ["run", "--implementation", "mutex", "--implementation", "token-bucket-mutex"] + tiny,
            exitCode: 5,
            names: ["token-bucket-mutex"]
        ),
        BadInput(
            "an implementation that the scenario's driver can't drive, beside one that it can",
            ["run", "--scenario", "{}/threads.yaml"],
            exitCode: 5,
            names: ["actor", "threads"]
        ),
    ]

    static let files = [
        BadInput("a missing scenario", ["run", "--scenario", "{}/none"], exitCode: 65, names: ["{}/none"]),
        BadInput("a folder for a scenario", ["run", "--scenario", "{}"], exitCode: 65, names: ["{}", "folder"]),
        BadInput(
            "malformed YAML",
            ["run", "--scenario", "{}/malformed.yaml"],
            exitCode: 65,
            names: ["{}/malformed.yaml:2:1:", "YAML"]
        ),
        BadInput(
            "a capacity of nothing",
            ["run", "--scenario", "{}/capacity.yaml"],
            exitCode: 65,
            names: ["{}/capacity.yaml:12:11:", "'capacity'", "from 1"]
        ),
        BadInput(
            "the same scenario twice",
            ["list", "--scenario", "{}/good.yaml", "--scenario", "{}/good.yaml"],
            exitCode: 65,
            names: ["{}/good.yaml:1:7:", "taken"]
        ),
        BadInput(
            "a scenario with an implementation that isn't registered",
            ["run", "--scenario", "{}/unregistered.yaml"],
            exitCode: 65,
            names: ["{}/unregistered.yaml:5:26:", "mutexx", "ring-by-hand"]
        ),
        BadInput(
            "a scenario with a limiter as a queue",
            ["run", "--scenario", "{}/limiter.yaml"],
            exitCode: 5,
            names: ["token-bucket-mutex"]
        ),
        BadInput(
            "a missing trace",
            ["run", "--scenario", "{}/replay.yaml", "--trace", "{}/none.csv"],
            exitCode: 65,
            names: ["{}/none.csv"]
        ),
        BadInput(
            "a missing trace in a scenario",
            ["run", "--scenario", "{}/lost.yaml"],
            exitCode: 65,
            names: ["{}/lost.yaml:13:", "no-such.csv"]
        ),
        BadInput(
            "a binary file for a trace",
            ["run", "--scenario", "{}/replay.yaml", "--trace", "{}/binary"],
            exitCode: 65,
            names: ["{}/binary:1", "second,requests"]
        ),
        BadInput(
            "a trace of too many requests",
            ["run", "--scenario", "{}/replay.yaml", "--trace", "{}/crowd.csv"],
            exitCode: 65,
            names: ["{}/crowd.csv: replayed in 'replay'", "50000000"]
        ),
    ]

    static let outputs = [
        BadInput(
            "a file for a folder",
            ["run"] + tiny + ["--output", "{}/good.yaml"],
            exitCode: 74,
            names: ["--output"]
        ),
        BadInput(
            "a file on the way to a folder",
            ["run"] + tiny + ["--output", "{}/good.yaml/below"],
            exitCode: 74,
            names: ["{}/good.yaml", "file stands where"]
        ),
        BadInput(
            "a folder that can't be made",
            ["run"] + tiny + ["--output", "/proc/no/such"],
            exitCode: 74,
            names: ["/proc/no", "--output"]
        ),
        BadInput("a folder for a new trace", ["make-trace", "--output", "{}"], exitCode: 74, names: ["{}", "folder"]),
        BadInput("a pipe for a new trace", ["make-trace", "--output", "{}/pipe"], exitCode: 74, names: ["{}/pipe"]),
    ]

    /// The files that the command lines above name.
    static func prepare(_ workspace: Workspace) throws {
        let good = TinyScenario.saturated(["mutex"])
        let trace = "arrival: {kind: trace, trace: "
        func variant(_ name: String, _ key: String, _ value: String) throws {
            let text = good.text.replacing("name: saturated", with: "name: \(name)").replacing(key, with: value)
            try workspace.write(text, as: "\(name).yaml")
        }
        try workspace.write(good.text, as: "good.yaml")
        try workspace.write("name: [\n", as: "malformed.yaml")
        try variant("capacity", "capacity: 256", "capacity: 0")
        try variant("unregistered", "[mutex]", "[mutex, mutexx]")
        try variant("limiter", "[mutex]", "[mutex, token-bucket-mutex]")
        try variant("threads", "[mutex]", "[mutex, actor]")
        try variant("replay", "arrival: {kind: closed-loop}", trace + Tool.packageRoot + "/Fixtures/traces/day.csv}")
        try variant("lost", "arrival: {kind: closed-loop}", trace + "no-such.csv}")
        try workspace.write((0..<3_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &+ 128) }, as: "binary")
        try workspace.write("second,requests\n0,50000001\n", as: "crowd.csv")
        try workspace.makePipe("pipe")
    }
}
