import Testing

/// A scenario file that is to be refused, and how.
struct BadScenario: Sendable, CustomTestStringConvertible {
    let text: String
    let line: Int
    let column: Int
    let message: String

    init(_ text: String, _ line: Int, _ column: Int, _ message: String) {
        (self.text, self.line, self.column, self.message) = (text, line, column, message)
    }

    /// A good file but for the value of a key.
    init(_ text: String, _ key: String, _ value: String, at place: (line: Int, column: Int), _ message: String) {
        self.init(text.setting(key, value), place.line, place.column, message)
    }

    var testDescription: String { message }
}

enum BadScenarios {
    private static let queue = ScenarioTexts.queue
    private static let stress = ScenarioTexts.stress
    private static let limiter = ScenarioTexts.limiter
    private static let breaker = ScenarioTexts.breaker
    private static let permits = ScenarioTexts.concurrencyLimit
    private static let virtual = ScenarioTexts.limiter.setting("clock", "virtual")
    private static let cost = ScenarioTexts.limiter.setting("section", "throughput")

    static let notAMapping = [
        BadScenario("", 1, 1, "the file is empty"),
        BadScenario("# only a comment\n", 1, 1, "the file is empty"),
        BadScenario("---\n~\n", 1, 1, "the file is empty"),
        BadScenario("\n- a\n- b", 2, 1, "a scenario is a mapping of keys and values; found a list"),
        BadScenario("just words", 1, 1, "a scenario is a mapping of keys and values; found 'just words'"),
        BadScenario("name: [unclosed\ntitle: x", 2, 6, "not valid YAML while parsing a flow sequence"),
        BadScenario("name: x\n\ttitle: y", 2, 1, "not valid YAML"),
        BadScenario("name: x\ntitle: \"y", 2, 10, "not valid YAML while scanning a quoted scalar"),
        BadScenario("name: *other", 1, 7, "found undefined alias"),
        BadScenario(queue + "\n---\nname: other", 10, 1, "a second document starts here"),
        BadScenario("name: x\ntitle: a\u{0}b", 2, 9, "a control character (U+0000)"),
        BadScenario("\u{7F}ELF\u{2}\u{1}", 1, 1, "a control character (U+007F)"),
        BadScenario(String(repeating: "[", count: 100_000), 1, 1, "not valid YAML"),
    ]

    static let keys = [
        BadScenario(queue, "capacty", "4", at: (9, 1), "unknown key 'capacty'; did you mean 'capacity'?"),
        BadScenario(queue, "memory_cap", "4", at: (9, 1), "did you mean 'memory_cap_mib'?"),
        BadScenario(queue, "duration", "4", at: (9, 1), "did you mean 'duration_s'?"),
        BadScenario(queue, "qwzx", "4", at: (9, 1), "unknown key 'qwzx' (known: name, title, section"),
        BadScenario(queue + "\n? [a, b]\n: 4", 9, 3, "a key must be a word"),
        BadScenario("name: a\ntitle: b\nname: c", 1, 1, "the key 'name' stands here and again further on"),
        BadScenario(queue, "arrival", "{kind: poisson, kind: trace}", at: (8, 11), "the key 'kind' stands here"),
        BadScenario(queue, "burst", "4", at: (9, 1), "belongs to 'mechanism: limiter'; this is 'mechanism: queue'"),
        BadScenario(queue, "rate_per_s", "4", at: (9, 1), "the key 'rate_per_s' belongs inside 'arrival'"),
        BadScenario(queue, "on_s", "4", at: (9, 1), "the key 'on_s' belongs inside 'arrival' or 'demand'"),
        BadScenario(queue, "speedup", "4", at: (9, 1), "the key 'speedup' belongs inside 'arrival' or 'demand'"),
        BadScenario(
            queue,
            "overload_factor",
            "4",
            at: (9, 1),
            "belongs to 'section: stress'; this is 'section: throughput'"
        ),
        BadScenario(stress, "arrival", "{kind: poisson}", at: (11, 1), "doesn't belong to 'section: stress'"),
        BadScenario(
            limiter,
            "capacity",
            "4",
            at: (10, 1),
            "belongs to 'mechanism: queue'; this is 'mechanism: limiter'"
        ),
        BadScenario(limiter, "arrival", "4", at: (10, 1), "belongs to 'mechanism: queue'"),
        BadScenario(queue.with("name", nil), 1, 1, "the key 'name' is missing"),
        BadScenario("# a comment\n" + queue.with("section", nil), 2, 1, "the key 'section' is missing"),
        BadScenario(queue.with("mechanism", nil), 1, 1, "the key 'mechanism' is missing"),
        BadScenario(queue.with("arrival", nil), 1, 1, "the key 'arrival' is missing"),
        BadScenario(stress.with("memory_cap_mib", nil), 1, 1, "the key 'memory_cap_mib' is missing"),
        BadScenario(stress.with("overload_factor", nil), 1, 1, "the key 'overload_factor' is missing"),
        BadScenario(limiter.with("clock", nil), 1, 1, "the key 'clock' is missing"),
        BadScenario(breaker.with("callers", nil), 1, 1, "the key 'callers' is missing"),
        BadScenario(permits.with("permits", nil), 1, 1, "the key 'permits' is missing"),
        BadScenario(
            breaker,
            "permits",
            "4",
            at: (6, 1),
            "belongs to 'mechanism: concurrency-limit'; this is 'mechanism: breaker'"
        ),
        BadScenario(
            queue,
            "callers",
            "4",
            at: (9, 1),
            "to 'mechanism: limiter' or 'mechanism: breaker' or 'mechanism: concurrency-limit'; this is 'mechanism: queue'"
        ),
        BadScenario(permits, "state", "open", at: (7, 1), "belongs to 'mechanism: breaker'"),
        BadScenario(breaker, "askin", "wait", at: (6, 1), "unknown key 'askin'; did you mean 'asking'?"),
    ]

    static let words = [
        BadScenario(queue, "name", "Sample", at: (1, 7), "'name' is 'Sample'; allowed: 1 to 64 of the characters"),
        BadScenario(queue, "name", "größe", at: (1, 7), "allowed: 1 to 64 of the characters a-z, 0-9 and -"),
        BadScenario(queue, "name", "", at: (1, 6), "'name' is empty"),
        BadScenario(queue, "title", "[a]", at: (2, 8), "'title' is a list; allowed: a text"),
        BadScenario(queue, "title", "\"a\\nb\"", at: (2, 8), "on one line"),
        BadScenario(queue, "title", "\"a\\e[31mb\"", at: (2, 8), "the text \"aU+001B[31mb\"; allowed: a text"),
        BadScenario(
            queue,
            "section",
            "stres",
            at: (3, 10),
            "'section' is 'stres'; allowed: throughput, accuracy, stress, systems; did you mean 'stress'?"
        ),
        BadScenario(queue, "section", "{a: 1}", at: (3, 10), "'section' is a mapping; allowed: throughput"),
        BadScenario(queue, "mechanism", "queu", at: (4, 12), "did you mean 'queue'?"),
        BadScenario(stress, "mechanism", "limiter", at: (4, 12), "but 'section: stress' measures a queue or system"),
        BadScenario(cost, "clock", "virtual", at: (9, 8), "must be 'real' in 'section: throughput'"),
        BadScenario(
            cost,
            "demand",
            "{kind: on-off, on_s: 1, off_s: 1}",
            at: (8, 9),
            "must be 'saturated' in 'section: throughput'"
        ),
        BadScenario(cost, "demand", "{kind: trace, trace: x.csv}", at: (8, 9), "must be 'saturated' in 'section: thr"),
        BadScenario(limiter, "decisions", "5", at: (10, 12), "is for 'clock: virtual'; on the real clock time says"),
        BadScenario(virtual, "decisions", "0", at: (10, 12), "an integer from 1 to 10000000000"),
        BadScenario(virtual, "demand", "{kind: waiting}", at: (8, 9), "on the virtual clock nobody waits"),
        BadScenario(virtual, "demand", "{kind: mixed}", at: (8, 9), "is 'mixed', but on the virtual clock several"),
        BadScenario(virtual, "demand", "{kind: trace, trace: x.csv}", at: (8, 9), "is 'trace', but on the virtual"),
        BadScenario(queue, "decisions", "5", at: (9, 1), "belongs to 'mechanism: limiter'"),
        BadScenario(limiter, "mechanism", "queue", at: (4, 12), "but 'section: accuracy' measures a limiter"),
        BadScenario(
            queue,
            "profiles",
            "quick",
            at: (9, 11),
            "'profiles' is 'quick'; allowed: a list of one or more, such as [standard, full]"
        ),
        BadScenario(queue, "profiles", "[]", at: (9, 11), "'profiles' is an empty list"),
        BadScenario(
            queue,
            "profiles",
            "[quick, slow]",
            at: (9, 19),
            "'profiles' is 'slow'; allowed: quick, standard, full"
        ),
        BadScenario(queue, "drivers", "[threads, threads]", at: (9, 20), "'drivers' names 'threads' twice"),
        BadScenario(queue, "drivers", "[thread]", at: (9, 11), "did you mean 'threads'?"),
        BadScenario(queue, "implementations", "[Ring]", at: (9, 19), "'implementations' is 'Ring'"),
        BadScenario(queue, "reference", "a b", at: (9, 12), "'reference' is 'a b'"),
        BadScenario(
            queue.setting("implementations", "[ring, actor]").setting("reference", "rin"),
            10,
            12,
            "'reference' is 'rin', which 'implementations' doesn't measure (ring, actor); did you mean 'ring'?"
        ),
        BadScenario(breaker, "state", "opened", at: (6, 8), "'state' is 'opened'; allowed: closed, open"),
        BadScenario(breaker, "mechanism", "breakers", at: (4, 12), "did you mean 'breaker'?"),
        BadScenario(breaker, "section", "accuracy", at: (4, 12), "but 'section: accuracy' measures a limiter"),
        BadScenario(breaker, "window_buckets", "4", at: (6, 17), "say how long that is with 'window_s'"),
        BadScenario(
            breaker.setting("window_s", "1").setting("window_calls", "10"),
            7,
            15,
            "a window is one of calls or one of time"
        ),
        BadScenario(permits, "asking", "tries", at: (7, 9), "'asking' is 'tries'; allowed: try, wait"),
        BadScenario(permits, "section", "stress", at: (4, 12), "but 'section: stress' measures a queue or system"),
        BadScenario(queue, "policy", "drop_newest", at: (9, 9), "did you mean 'drop-newest'?"),
        BadScenario(
            limiter,
            "clock",
            "reel",
            at: (9, 8),
            "'clock' is 'reel'; allowed: real, virtual; did you mean 'real'?"
        ),
    ]

    static let numbers = [
        BadScenario(
            queue,
            "capacity",
            "0",
            at: (7, 11),
            "'capacity' is '0'; allowed: an integer from 1 to 16777216; a bounded queue must hold at least one element"
        ),
        BadScenario(queue, "capacity", "-3", at: (7, 11), "must hold at least one element"),
        BadScenario(queue, "capacity", "16777217", at: (7, 11), "from 1 to 16777216"),
        BadScenario(queue, "capacity", "99999999999999999999999", at: (7, 11), "an integer from 1 to"),
        BadScenario(queue, "capacity", "\"16\"", at: (7, 11), "'capacity' is the text \"16\"; allowed: an integer"),
        BadScenario(queue, "capacity", "1.5", at: (7, 11), "'capacity' is '1.5'; allowed: an integer"),
        BadScenario(queue, "capacity", "1e3", at: (7, 11), "an integer"),
        BadScenario(queue, "capacity", "0x10", at: (7, 11), "an integer"),
        BadScenario(queue, "capacity", "1__0", at: (7, 11), "an integer"),
        BadScenario(queue, "capacity", "٣", at: (7, 11), "an integer"),
        BadScenario(queue, "capacity", "", at: (7, 10), "'capacity' is empty"),
        BadScenario(queue, "producers", "0", at: (5, 12), "an integer from 1 to 1024"),
        BadScenario(queue, "consumers", "1025", at: (6, 12), "an integer from 1 to 1024"),
        BadScenario(breaker, "callers", "0", at: (5, 10), "an integer from 1 to 1024"),
        BadScenario(breaker, "window_calls", "16385", at: (6, 15), "an integer from 1 to 16384"),
        BadScenario(breaker, "window_s", "0.1", at: (6, 11), "a finite number from 0.128 to 3600"),
        BadScenario(
            breaker.setting("window_s", "1").setting("window_buckets", "1"),
            7,
            17,
            "an integer from 2 to 64"
        ),
        BadScenario(permits, "permits", "0", at: (6, 10), "without a permit nobody could ever work"),
        BadScenario(permits, "permits", "2147483648", at: (6, 10), "an integer from 1 to 2147483647"),
        BadScenario(queue, "payload_bytes", "7", at: (9, 16), "an integer from 8 to 1048576"),
        BadScenario(queue, "repetitions", "0", at: (9, 14), "an integer from 1 to 1000"),
        BadScenario(queue, "repetitions", "true", at: (9, 14), "'repetitions' is 'true'"),
        BadScenario(
            queue,
            "duration_s",
            "0",
            at: (9, 13),
            "'duration_s' is '0'; allowed: a finite number from 0.0001 to 3600"
        ),
        BadScenario(queue, "duration_s", "-1", at: (9, 13), "a finite number from 0.0001 to 3600"),
        BadScenario(queue, "duration_s", ".inf", at: (9, 13), "'duration_s' is '.inf'; allowed: a finite number"),
        BadScenario(queue, "duration_s", ".nan", at: (9, 13), "a finite number"),
        BadScenario(queue, "duration_s", "nan", at: (9, 13), "a finite number"),
        BadScenario(queue, "duration_s", "infinity", at: (9, 13), "a finite number"),
        BadScenario(queue, "duration_s", "1e999", at: (9, 13), "a finite number"),
        BadScenario(queue, "duration_s", "0x1p3", at: (9, 13), "a finite number"),
        BadScenario(queue, "duration_s", ".", at: (9, 13), "a finite number"),
        BadScenario(queue, "duration_s", "1 s", at: (9, 13), "a finite number"),
        BadScenario(queue, "duration_s", "[1]", at: (9, 13), "'duration_s' is a list; allowed: a finite number"),
        BadScenario(queue, "warmup_s", "61", at: (9, 11), "a finite number from 0 to 60"),
        BadScenario(queue, "service_time_us", "-1", at: (9, 18), "a finite number from 0 to 1000000"),
        BadScenario(stress, "memory_cap_mib", "7", at: (9, 17), "an integer from 8 to 65536"),
        BadScenario(stress, "overload_factor", "0.5", at: (10, 18), "a finite number from 1 to 1000000"),
        BadScenario(stress, "queues", "2", at: (11, 9), "say 'drivers: [tasks]'"),
        BadScenario(stress, "queues", "0", at: (11, 9), "an integer from 1 to 10000"),
        BadScenario(
            stress.setting("drivers", "[tasks]").setting("producers", "20"),
            "queues",
            "10000",
            at: (12, 9),
            "100000 are the most there can be"
        ),
        BadScenario(stress, "consumers_rest_ms", "50", at: (11, 20), "need each other"),
        BadScenario(stress, "consumers_work_ms", "0", at: (11, 20), "a finite number from 0.1 to 3600000"),
        BadScenario(stress.with("service_time_us", nil), 9, 18, "'service_time_us' must be above 0"),
        BadScenario(stress, "service_time_us", "0", at: (8, 18), "'service_time_us' must be above 0"),
        BadScenario(
            stress.setting("capacity", "65_536").setting("payload_bytes", "1_024"),
            9,
            17,
            "'memory_cap_mib' is too small: a full queue"
        ),
        BadScenario(
            stress,
            "overload_factor",
            "1e6",
            at: (10, 18),
            "about 10000000000 arrivals in one run are more than the 50000000"
        ),
        BadScenario(limiter, "rate_per_s", "0", at: (5, 13), "a finite number from 0.0001 to 300000000"),
        BadScenario(limiter, "rate_per_s", "3.1e8", at: (5, 13), "a finite number from 0.0001 to 300000000"),
        BadScenario(limiter, "burst", "0", at: (6, 8), "an integer from 1 to 4294967296"),
        BadScenario(limiter, "burst", "4294967297", at: (6, 8), "an integer from 1 to 4294967296"),
        BadScenario(limiter, "callers", "0", at: (7, 10), "an integer from 1 to 1024"),
    ]

    /// Keys that are fine by themselves, and make no sense together.
    static let combinations = [
        BadScenario(queue, "waiting", "spin", at: (9, 10), "'waiting' is 'spin'; allowed: yield, park"),
        BadScenario(queue, "batch", "0", at: (9, 8), "'batch' is '0'; allowed: an integer from 1 to 65536"),
        BadScenario(stress, "batch", "4", at: (11, 1), "doesn't belong to 'section: stress'"),
        BadScenario(limiter, "waiting", "park", at: (10, 1), "belongs to 'mechanism: queue'"),
        BadScenario(
            queue.setting("arrival", "{kind: poisson, rate_per_s: 5}").setting("batch", "2"),
            9,
            8,
            "'batch' is 2, but only arrivals of the kind 'closed-loop' are offered in batches"
        ),
        BadScenario(
            queue.setting("arrival", "{kind: trace, trace: x.csv}").setting("batch", "2"),
            9,
            8,
            "only arrivals of the kind 'closed-loop'"
        ),
        BadScenario(
            queue.setting("batch", "2").setting("waiting", "park"),
            9,
            8,
            "a thread that parks ('waiting: park') waits for one element"
        ),
        BadScenario(
            queue.setting("arrival", "{kind: alternating}").setting("waiting", "park"),
            9,
            10,
            "'waiting' is 'park', but a worker that pushes and pops in turn"
        ),
        BadScenario(
            queue.setting("arrival", "{kind: round-trip}").setting("consumers", "2"),
            8,
            10,
            "is 'round-trip', one worker that sends and one that answers"
        ),
        BadScenario(
            queue.setting("arrival", "{kind: round-trip}").setting("policy", "reject"),
            9,
            9,
            "'policy' is 'reject', but in a 'round-trip' no queue is ever full"
        ),
        BadScenario(
            queue.setting("arrival", "{kind: idle}"),
            5,
            12,
            "'producers' is '1'; allowed: an integer from 0 to 0; with the arrivals 'idle' nobody offers anything"
        ),
        BadScenario(queue, "arrival", "{kind: idle, rate_per_s: 5}", at: (5, 12), "'producers' is '1'"),
        BadScenario(
            queue.setting("policy", "reject").setting("sample_one_in", "4"),
            10,
            16,
            "'sample_one_in' belongs to 'policy: sample'; this is 'policy: reject'"
        ),
        BadScenario(
            queue,
            "low_watermark",
            "0.5",
            at: (9, 16),
            "'low_watermark' belongs to 'policy: sample' or 'policy: throttle'; this is 'policy: block'"
        ),
        BadScenario(queue, "spill_limit", "4", at: (9, 14), "belongs to 'policy: spill'; this is 'policy: block'"),
        BadScenario(queue, "longest_delay_us", "4", at: (9, 19), "belongs to 'policy: throttle'"),
        BadScenario(
            queue.setting("policy", "sample").setting("sample_one_in", "0"),
            10,
            16,
            "an integer from 1 to 1000000"
        ),
        BadScenario(
            queue.setting("policy", "throttle").setting("high_watermark", "1.5"),
            10,
            17,
            "a finite number from 0 to 1"
        ),
        BadScenario(
            queue.setting("policy", "throttle").setting("high_watermark", "0.25"),
            10,
            17,
            "'low_watermark' (0.5) must not be above 'high_watermark' (0.25)"
        ),
        BadScenario(
            queue.setting("policy", "throttle").setting("low_watermark", "1"),
            10,
            16,
            "'low_watermark' (1) must not be above 'high_watermark' (0.9)"
        ),
        BadScenario(
            queue.setting("policy", "throttle").setting("longest_delay_us", "-1"),
            10,
            19,
            "a finite number from 0 to 1000000"
        ),
        BadScenario(
            queue.setting("policy", "spill").setting("spill_limit", "0"),
            10,
            14,
            "an integer from 1 to 16777216"
        ),
        BadScenario(
            stress.setting("policy", "spill").setting("payload_bytes", "4096"),
            9,
            17,
            "is too small: a full queue ('capacity' and 'spill_limit' times 'payload_bytes')"
        ),
    ]

    static let arrivals = [
        BadScenario(
            queue,
            "arrival",
            "closed-loop",
            at: (8, 10),
            "'arrival' is 'closed-loop'; allowed: a mapping such as {kind: closed-loop}"
        ),
        BadScenario(queue, "arrival", "{}", at: (8, 10), "the key 'kind' is missing in 'arrival'"),
        BadScenario(
            queue,
            "arrival",
            "{kind: poison}",
            at: (8, 17),
            "allowed: closed-loop, alternating, round-trip, idle, constant, poisson, on-off, trace; did you mean 'poisson'?"
        ),
        BadScenario(
            queue,
            "arrival",
            "{kind: poisson, rate: 5}",
            at: (8, 26),
            "unknown key 'rate' in 'arrival'; did you mean 'rate_per_s'?"
        ),
        BadScenario(queue, "arrival", "{kind: poisson}", at: (8, 10), "the key 'rate_per_s' is missing in 'arrival'"),
        BadScenario(
            queue,
            "arrival",
            "{kind: closed-loop, rate_per_s: 5}",
            at: (8, 30),
            "'rate_per_s' belongs to kind 'constant' or 'poisson' or 'on-off'; this is 'closed-loop'"
        ),
        BadScenario(
            queue,
            "arrival",
            "{kind: constant, rate_per_s: 5, on_s: 1}",
            at: (8, 42),
            "'on_s' belongs to kind 'on-off'; this is 'constant'"
        ),
        BadScenario(
            queue,
            "arrival",
            "{kind: constant, rate_per_s: 0}",
            at: (8, 39),
            "'arrival.rate_per_s' is '0'; allowed: a finite number"
        ),
        BadScenario(
            queue,
            "arrival",
            "{kind: on-off, rate_per_s: 5, on_s: 0, off_s: 1}",
            at: (8, 46),
            "'arrival.on_s' is '0'"
        ),
        BadScenario(
            queue,
            "arrival",
            "{kind: on-off, rate_per_s: 5, on_s: 1}",
            at: (8, 10),
            "the key 'off_s' is missing"
        ),
        BadScenario(
            queue,
            "arrival",
            "{kind: constant, rate_per_s: 1e9}",
            at: (8, 39),
            "about 250000000 arrivals in one run are more than the 50000000"
        ),
        BadScenario(
            queue.setting("arrival", "{kind: alternating}").setting("producers", "2"),
            8,
            10,
            "'producers' and 'consumers' must be 1"
        ),
        BadScenario(queue, "arrival", "{kind: trace}", at: (8, 10), "the key 'trace' is missing in 'arrival'"),
        BadScenario(
            queue,
            "arrival",
            "{kind: trace, trace: x.csv, speedup: 0}",
            at: (8, 47),
            "'arrival.speedup' is '0'"
        ),
        BadScenario(
            queue,
            "arrival",
            "{kind: trace, trace: x.csv, from_s: -1}",
            at: (8, 46),
            "'arrival.from_s' is '-1'; allowed: an integer from 0 to 604799"
        ),
        BadScenario(
            queue,
            "arrival",
            "{kind: trace, trace: x.csv, length_s: 0}",
            at: (8, 48),
            "an integer from 1 to 604800"
        ),
        BadScenario(
            queue,
            "arrival",
            "{kind: trace, trace: no/such.csv}",
            at: (8, 31),
            "the trace folder/no/such.csv: no such file"
        ),
        BadScenario(
            limiter,
            "demand",
            "{kind: saturated, on_s: 1}",
            at: (8, 27),
            "'on_s' belongs to kind 'on-off'; this is 'saturated'"
        ),
        BadScenario(limiter, "demand", "{kind: mixed, trace: x.csv}", at: (8, 23), "'trace' belongs to kind 'trace'"),
        BadScenario(limiter, "demand", "{kind: on-off, on_s: 1}", at: (8, 9), "the key 'off_s' is missing in 'demand'"),
        BadScenario(
            limiter,
            "demand",
            "{kind: saturated, rate_per_s: 1}",
            at: (8, 27),
            "unknown key 'rate_per_s' in 'demand'"
        ),
    ]
}
