// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "bring-your-own-queue",
    platforms: [.macOS(.v15)],
    dependencies: [
        // In a package of your own: .package(url: "https://github.com/…/swift-backpressure", from: "…")
        .package(name: "swift-backpressure", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "OwnQueueBenchmark",
            dependencies: [
                .product(name: "Backpressure", package: "swift-backpressure"),
                .product(name: "BackpressureBenchmark", package: "swift-backpressure"),
            ]
        )
    ]
)
