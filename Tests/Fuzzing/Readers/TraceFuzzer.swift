@testable import BackpressureBenchmark

/// The reader of traces, fed in chunks. How the bytes are cut must make no difference.
///
/// The first byte says how long the chunks are.
enum TraceFuzzer {
    @Sendable
    static func run(_ input: [UInt8]) {
        guard let chunkBytes = input.first else { return }
        let bytes = Array(input.dropFirst())
        let whole = read(bytes, chunkBytes: max(1, bytes.count))
        let cut = read(bytes, chunkBytes: 1 + Int(chunkBytes))
        Fuzzing.expectEqual(cut, whole, "the trace, read \(1 + Int(chunkBytes)) bytes at a time,")
        switch whole {
        case .success(let trace):
            Fuzzing.expect(trace.total > 0, "a trace without requests")
            Fuzzing.expect(
                trace.requestsPerSecond.count <= TraceReader.maximumSeconds + 1,
                "a trace of \(trace.requestsPerSecond.count) seconds"
            )
        case .failure(let error):
            let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
            if let line = error.line { Fuzzing.expect((1...lines).contains(line), "an error at \(error) of \(lines)") }
        }
    }

    static func read(_ bytes: [UInt8], chunkBytes: Int) -> Result<Trace, InputFileError> {
        Result { () throws(InputFileError) in
            var parser = TraceParser(path: "trace")
            for start in stride(from: 0, to: bytes.count, by: chunkBytes) {
                try parser.take(Array(bytes[start..<min(start + chunkBytes, bytes.count)]))
            }
            return try parser.finish()
        }
    }
}
