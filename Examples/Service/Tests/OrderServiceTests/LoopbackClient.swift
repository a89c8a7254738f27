import NIOCore
import NIOHTTP1
import NIOPosix

/// What the service answered.
struct Answer: Sendable {
    var status: Int
    var headers: HTTPHeaders
    var body: String

    /// Seconds after which to try again.
    var retryAfterSeconds: Int? { headers.first(name: "Retry-After").flatMap { Int($0) } }
    /// How many others were finished while this one was inside.
    var finishedBefore: Int? { headers.first(name: "X-Finished-Before").flatMap { Int($0) } }
    /// How long it took inside.
    var tookMilliseconds: Double? { headers.first(name: "X-Took-Milliseconds").flatMap { Double($0) } }
}

/// Asks over loopback, on a connection of its own for each request.
struct LoopbackClient: Sendable {
    struct NoAnswer: Error {}

    let port: Int

    func order(_ priority: String = "normal") async throws -> Answer {
        try await send(.POST, "/orders", headers: ["X-Priority": priority])
    }

    /// The figures of `/metrics`, by name and labels.
    func metrics() async throws -> [String: Double] {
        let text = try await send(.GET, "/metrics").body
        let samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        return Dictionary(
            uniqueKeysWithValues: samples.compactMap { line in
                guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                    return nil
                }
                return (String(line[..<space]), value)
            }
        )
    }

    func send(_ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:]) async throws -> Answer {
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
                        wrappingChannelSynchronously: channel
                    )
                }
            }
        return try await connection.executeThenClose { inbound, outbound in
            var head = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
            head.headers.add(name: "Host", value: "127.0.0.1")
            head.headers.add(name: "Connection", value: "close")
            head.headers.add(name: "Content-Length", value: "0")
            try await outbound.write(.head(head))
            try await outbound.write(.end(nil))
            var answer: Answer?
            for try await part in inbound {
                switch part {
                case .head(let head):
                    answer = Answer(status: Int(head.status.code), headers: head.headers, body: "")
                case .body(let buffer): answer?.body += String(buffer: buffer)
                case .end:
                    guard let answer else { throw NoAnswer() }
                    return answer
                }
            }
            throw NoAnswer()
        }
    }
}
