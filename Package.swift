// swift-tools-version: 6.2
import PackageDescription

// CI sets this so that a warning fails the build; a user's build is never broken by a newer compiler's new warning.
let warningsAreErrors = Context.environment["BACKPRESSURE_WARNINGS_AS_ERRORS"] != nil

let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

// Where the asynchronous functions are short: they run where their caller does. An actor's task (the main actor's above
// all) that finds room, or a permit, would otherwise change threads twice for a thing that takes nanoseconds.
let mechanismSettings = settings + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]

let package = Package(
    name: "swift-backpressure",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Backpressure", targets: ["Backpressure"]),
        .library(name: "BoundedQueues", targets: ["BoundedQueues"]),
        .library(name: "RateLimiters", targets: ["RateLimiters"]),
        .library(name: "CircuitBreakers", targets: ["CircuitBreakers"]),
        .library(name: "FlowControl", targets: ["FlowControl"]),
        .library(name: "BackpressureMonitoring", targets: ["BackpressureMonitoring"]),
        .library(name: "BackpressureTesting", targets: ["BackpressureTesting"]),
        .library(
            name: "BackpressureBenchmark",
            targets: ["BackpressureBenchmark", "BackpressureBenchmarkCommands"]
        ),
        .executable(name: "backpressure-benchmark", targets: ["backpressure-benchmark"]),
        .plugin(name: "BenchmarkPlugin", targets: ["BenchmarkPlugin"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.4"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // The library. Arrows point down this list, never up.
        .target(
            name: "ConcurrencySupport",
            dependencies: ["CConcurrencySupport", .product(name: "DequeModule", package: "swift-collections")],
            swiftSettings: mechanismSettings
        ),
        .target(name: "CConcurrencySupport"),
        .target(
            name: "BoundedQueues",
            dependencies: [
                "ConcurrencySupport", "CConcurrencySupport",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: mechanismSettings
        ),
        .target(
            name: "RateLimiters",
            dependencies: [
                "ConcurrencySupport", "CConcurrencySupport",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: mechanismSettings
        ),
        .target(
            name: "CircuitBreakers",
            dependencies: [
                "BoundedQueues", "ConcurrencySupport", "CConcurrencySupport",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: mechanismSettings
        ),
        .target(
            name: "FlowControl",
            dependencies: [
                "BoundedQueues", "CircuitBreakers", "ConcurrencySupport", "CConcurrencySupport",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "BackpressureMonitoring",
            dependencies: [
                "BoundedQueues", "RateLimiters", "CircuitBreakers", "FlowControl", "ConcurrencySupport",
                "CConcurrencySupport",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "Backpressure",
            dependencies: [
                "BoundedQueues", "RateLimiters", "CircuitBreakers", "FlowControl", "BackpressureMonitoring",
            ],
            swiftSettings: settings
        ),

        // The suite. jemalloc stays on this side: nothing above this line links it.
        .target(
            name: "BackpressureTesting",
            dependencies: ["Backpressure", "ConcurrencySupport", "CConcurrencySupport", "CFibers"],
            swiftSettings: settings
        ),
        // The logical threads of the schedule explorer.
        .target(name: "CFibers"),
        .target(name: "CJemalloc", linkerSettings: [.linkedLibrary("jemalloc")]),
        // What a ring in Swift is measured beside.
        .target(name: "CBareRing"),
        // The header alone: what a library in another language includes.
        .target(name: "CForeignImplementations"),
        .target(
            name: "BackpressureBenchmark",
            dependencies: [
                "Backpressure", "BackpressureTesting", "ConcurrencySupport", "CBareRing", "CForeignImplementations",
                "CJemalloc", "Yams",
                .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "BackpressureBenchmarkCommands",
            dependencies: [
                "BackpressureBenchmark", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "backpressure-benchmark",
            dependencies: ["BackpressureBenchmark", "BackpressureBenchmarkCommands"],
            swiftSettings: settings
        ),
        .plugin(
            name: "BenchmarkPlugin",
            capability: .command(
                intent: .custom(verb: "benchmark", description: "Compare and stress-test backpressure implementations.")
            )
        ),

        .testTarget(name: "ConcurrencySupportTests", dependencies: ["ConcurrencySupport"], swiftSettings: settings),
        .testTarget(
            name: "BackpressureTestingTests",
            dependencies: [
                "BackpressureTesting", "Backpressure", "BoundedQueues", "RateLimiters", "ConcurrencySupport",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BoundedQueuesTests",
            dependencies: ["BoundedQueues", "BackpressureTesting", "ConcurrencySupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RateLimitersTests",
            dependencies: [
                "RateLimiters", "BackpressureTesting", "ConcurrencySupport",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "CircuitBreakersTests",
            dependencies: ["CircuitBreakers", "BackpressureTesting", "ConcurrencySupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FlowControlTests",
            dependencies: ["FlowControl", "BackpressureTesting", "ConcurrencySupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BackpressureMonitoringTests",
            dependencies: [
                "BackpressureMonitoring", "BackpressureTesting", "ConcurrencySupport",
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BackpressureBenchmarkTests",
            dependencies: [
                "BackpressureBenchmark", "BackpressureTesting", "Backpressure", "CForeignImplementations",
            ],
            exclude: ["Data"],
            swiftSettings: settings
        ),
        // Implementations that misbehave, in a tool of their own as a user would build it, and the tests that drive it.
        .executableTarget(
            name: "BrokenImplementations",
            dependencies: [
                "Backpressure", "BackpressureBenchmark", "BackpressureBenchmarkCommands", "ConcurrencySupport",
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            path: "Tests/BrokenImplementations",
            swiftSettings: settings
        ),
        // The hot paths alone, for `make machine-code`.
        .executableTarget(
            name: "HotPaths",
            dependencies: [
                "BackpressureMonitoring", "BoundedQueues", "RateLimiters", "CircuitBreakers", "ConcurrencySupport",
            ],
            path: "Tests/HotPaths",
            exclude: ["check"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "backpressure-benchmark", "BrokenImplementations", "BackpressureBenchmark",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            exclude: ["Libraries"],
            swiftSettings: settings
        ),
    ]
)

// The sanitizers bring their own malloc and can't share a process with jemalloc: they check the library alone.
if Context.environment["BACKPRESSURE_LIBRARY_ONLY"] != nil {
    let suite: Set = [
        "BackpressureBenchmark", "BackpressureBenchmarkCommands", "backpressure-benchmark", "BenchmarkPlugin",
        "CBareRing", "CForeignImplementations", "CJemalloc",
        "BackpressureBenchmarkTests", "BrokenImplementations", "CommandLineTests",
    ]
    package.products.removeAll { suite.contains($0.name) }
    package.targets.removeAll { suite.contains($0.name) }
}

// `make fuzz` alone: what libFuzzer runs has no main function of its own and links with no other build.
if Context.environment["BACKPRESSURE_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzzing",
            dependencies: ["BackpressureBenchmark", "BackpressureTesting", "BoundedQueues", "ConcurrencySupport"],
            path: "Tests/Fuzzing",
            exclude: ["dictionary", "run"],
            swiftSettings: settings
        )
    )
}
