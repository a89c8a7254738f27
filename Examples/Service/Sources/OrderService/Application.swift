import Backpressure
import HTTPTypes
import Hummingbird
import Logging
import Metrics
import Synchronization

/// The whole service: an HTTP front, a desk behind it, and a monitor that watches.
///
/// - `POST /orders`, with `X-Priority: critical`, `high`, `normal` or `low`: 200, or 429 or 503 with `Retry-After`, or 502.
/// - `GET /metrics`: figures in Prometheus' text form.
/// - `GET /findings`: what the monitor has to say, in words.
///
/// - Parameters:
///   - settings: how it is set up.
///   - dependency: what orders are handed to.
///   - address: where it listens; port 0: any that is free.
///   - onServerRunning: called with the port, once it listens.
package func orderApplication(
    settings: Settings,
    dependency: any Dependency,
    address: BindAddress,
    logger: Logger,
    onServerRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
) -> some ApplicationProtocol {
    let metrics = PrometheusMetrics()
    let monitor = LagMonitor(logger: logger, metrics: metrics)
    let desk: any Desk =
        settings.backpressure
        ? GuardedDesk(settings: settings, dependency: dependency, monitor: monitor, logger: logger)
        : UnguardedDesk(settings: settings, dependency: dependency, monitor: monitor, logger: logger)
    let front = Front(desk: desk, metrics: metrics)

    let router = Router()
    router.post("orders") { request, _ in await front.take(request) }
    router.get("metrics") { _, _ in
        // Read for the scrape, so that what it shows is what there is now.
        await monitor.read()
        return Response(
            status: .ok,
            headers: [.contentType: "text/plain; version=0.0.4"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.text))
        )
    }
    router.get("findings") { _, _ in
        let snapshot = await monitor.read()
        return (["level: \(snapshot.level)"] + snapshot.findings.map(\.description)).joined(separator: "\n") + "\n"
    }
    return Application(
        router: router,
        configuration: ApplicationConfiguration(address: address),
        // Shut down from the last to the first: the server, which is after all of them, takes no more; then the desk does
        // what it has accepted; the monitor sees it all.
        services: [monitor, desk.service],
        onServerRunning: { channel in await onServerRunning(channel.localAddress?.port ?? 0) },
        logger: logger
    )
}

/// Makes orders of requests and responses of outcomes.
private final class Front: Sendable {
    private let desk: any Desk
    private let metrics: PrometheusMetrics
    private let numbers = Atomic(0)
    private let inFlight: Meter

    init(desk: any Desk, metrics: PrometheusMetrics) {
        self.desk = desk
        self.metrics = metrics
        inFlight = Meter(label: "orders_in_flight", factory: metrics)
    }

    func take(_ request: Request) async -> Response {
        let asked = request.headers[.priority]
        guard let priority = PriorityTier(named: asked ?? "normal") else {
            return Response(status: .badRequest)
        }
        inFlight.increment(by: 1)
        defer { inFlight.decrement(by: 1) }
        let number = numbers.wrappingAdd(1, ordering: .relaxed).newValue
        let outcome = await desk.submit(Order(number: number, priority: priority))
        let response = response(to: outcome)
        Counter(label: "orders_answered_total", dimensions: [("status", "\(response.status.code)")], factory: metrics)
            .increment()
        return response
    }

    private func response(to outcome: Outcome) -> Response {
        switch outcome {
        case .done(let receipt):
            var response = Response(status: .ok)
            response.headers[.finishedBefore] = "\(receipt.finishedBefore)"
            response.headers[.tookMilliseconds] = "\(receipt.took / .milliseconds(1))"
            return response
        case .tooMany(let delay): return refusal(.tooManyRequests, "too many requests", delay)
        case .unavailable(let why, let delay): return refusal(.serviceUnavailable, why, delay)
        case .failed: return Response(status: .badGateway)
        }
    }

    private func refusal(_ status: HTTPResponse.Status, _ why: String, _ delay: Duration) -> Response {
        // Whole seconds, as the header has them, rounded up: earlier it would be refused again.
        let seconds = max(1, delay.components.seconds + (delay.components.attoseconds > 0 ? 1 : 0))
        var response = Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(string: why + "\n")))
        response.headers[.retryAfter] = "\(seconds)"
        return response
    }
}

extension HTTPField.Name {
    /// How urgent an order is.
    static let priority = Self("X-Priority")!
    /// How many others were finished while it was waiting or worked on.
    static let finishedBefore = Self("X-Finished-Before")!
    /// How long it took inside.
    static let tookMilliseconds = Self("X-Took-Milliseconds")!
}

extension PriorityTier {
    init?(named name: String) {
        guard let tier = PriorityTier.allCases.first(where: { $0.description == name }) else { return nil }
        self = tier
    }
}
