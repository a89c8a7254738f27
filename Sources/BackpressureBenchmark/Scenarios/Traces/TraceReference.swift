/// A scenario's mention of a trace: which file, which part of it, how fast.
struct TraceReference: Sendable {
    /// Where the scenario file names the trace.
    let place: InputPlace
    private let path: String
    private let speedup: Double?
    private let firstSecond: (value: Int, place: InputPlace)?
    private let length: (value: Int, place: InputPlace)?
    /// The key that it stands under.
    private let key: String

    init(_ fields: YAMLMapping, key: String = "arrival") throws(InputFileError) {
        self.key = key
        let trace = try fields.required("trace")
        place = trace.place
        path = Self.resolve(try trace.text(maximumLength: ScenarioLimits.pathLength), besides: trace.place.path)
        speedup = try fields["speedup"]?.number(in: ScenarioLimits.speedup)
        firstSecond = try Self.integer(fields["from_s"], in: ScenarioLimits.windowStartSeconds)
        length = try Self.integer(fields["length_s"], in: ScenarioLimits.windowLengthSeconds)
    }

    /// Reads the trace, or `override` in its place, which is then replayed whole.
    ///
    /// Without a speed-up in the scenario file, what is replayed lasts just as long as the run.
    func arrival(
        durationSeconds: Double,
        override: String?,
        from files: inout TraceFiles
    ) async throws(InputFileError) -> Arrival {
        let requests: [UInt32]
        if let override {
            requests = try await files.trace(path: override).requestsPerSecond
        } else {
            requests = try window(of: try await ownTrace(from: &files))
        }
        return .trace(
            path: override ?? path,
            speedup: speedup ?? Double(requests.count) / durationSeconds,
            requestsPerSecond: requests
        )
    }

    private func ownTrace(from files: inout TraceFiles) async throws(InputFileError) -> Trace {
        do {
            return try await files.trace(path: path)
        } catch {
            // Nothing in the trace itself is to blame, so the line that names it is.
            guard error.line == nil else { throw error }
            throw place.error("the trace \(error.path): \(error.message)")
        }
    }

    private func window(of trace: Trace) throws(InputFileError) -> [UInt32] {
        let seconds = trace.requestsPerSecond.count
        let start = firstSecond?.value ?? 0
        if let firstSecond, start >= seconds {
            throw firstSecond.place.error("'\(key).from_s' is \(start), but the trace ends after \(seconds) s")
        }
        if let length, length.value > seconds - start {
            throw length.place.error(
                "'\(key).length_s' is \(length.value), but the trace ends \(seconds - start) s after second \(start)"
            )
        }
        let window = trace.requestsPerSecond[start..<(start + (length?.value ?? seconds - start))]
        guard window.contains(where: { $0 > 0 }) else {
            throw (firstSecond ?? length)?.place.error("this part of the trace holds no request; choose another")
                ?? place.error("the trace holds no request")
        }
        return Array(window)
    }

    private static func integer(
        _ value: YAMLValue?,
        in range: ClosedRange<Int>
    ) throws(InputFileError) -> (value: Int, place: InputPlace)? {
        guard let value else { return nil }
        return (try value.integer(in: range), value.place)
    }

    private static func resolve(_ path: String, besides file: String) -> String {
        guard !path.hasPrefix("/"), let folderEnd = file.lastIndex(of: "/") else { return path }
        return file[...folderEnd] + path
    }
}
