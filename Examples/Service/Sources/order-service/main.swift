import Hummingbird
import Logging
import OrderService

// order-service [PORT] [--without-backpressure]
var settings = Settings()
let arguments = CommandLine.arguments.dropFirst()
settings.backpressure = !arguments.contains("--without-backpressure")
let port = arguments.compactMap { Int($0) }.first ?? 8080
let logger = Logger(label: "order-service")
let application = orderApplication(
    settings: settings,
    // Four workers at 100 ms each: 40 orders a second.
    dependency: SimulatedDependency(serviceTime: .milliseconds(100)),
    address: .hostname("127.0.0.1", port: port),
    logger: logger
)
try await application.runService()
