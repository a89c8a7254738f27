import Dispatch
import Foundation

/// Ctrl-C and `kill` as the cancellation of a task.
enum Interruption {
    /// Runs `operation` and cancels it at the first SIGINT or SIGTERM; a second one ends the process at once.
    static func cancelling<Value: Sendable>(_ operation: @escaping @Sendable () async -> Value) async -> Value {
        let task = Task { await operation() }
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                task.cancel()
                signal(number, SIG_DFL)
            }
            source.resume()
            return source
        }
        let value = await task.value
        for source in sources { source.cancel() }
        return value
    }
}
