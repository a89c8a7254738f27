import BackpressureBenchmark
import Foundation
import Testing

@Suite("Result rows")
struct ResultRowsTests {
    @Test("Columns have the names and the order that scripts rely on")
    func headers() {
        #expect(
            header(SampleRow.self)
                == "scenario,mechanism,implementation,family,driver,block,repetition,metric,unit,value"
        )
        #expect(
            header(ComparisonRow.self)
                == "scenario,mechanism,implementation,family,driver,producers,consumers,capacity,payload_bytes,policy,"
                + "repetitions,throughput_per_s,throughput_ci_low,throughput_ci_high,latency_p50_ns,latency_p90_ns,"
                + "latency_p99_ns,latency_p999_ns,latency_max_ns,cpu_ns_per_op,context_switches_per_op,"
                + "allocations_per_op,allocated_bytes_per_op,peak_allocated_bytes,retained_bytes,reference,"
                + "ratio_to_reference,ratio_ci_low,ratio_ci_high"
        )
        #expect(
            header(AccuracyRow.self)
                == "scenario,mechanism,implementation,family,clock,callers,rate_per_s,burst,duration_s,granted,allowed,"
                + "error_ppm,overshoot_permits,jitter_p50_ns,jitter_p99_ns,jain_index,decision_ns,verdict"
        )
        #expect(
            header(StressRow.self)
                == "scenario,implementation,family,policy,cap_bytes,cap_method,producers,consumers,overload_factor,"
                + "duration_s,expected,outcome,verdict,offered,accepted,taken,refused,dropped,lost,"
                + "peak_allocated_bytes,peak_resident_bytes,bound_bytes,growth_bytes_per_s,seconds_to_death"
        )
        #expect(
            header(MemoryRow.self)
                == "scenario,implementation,elapsed_ns,allocated_bytes,active_bytes,resident_bytes,metadata_bytes,depth"
        )
    }

    @Test("Every column holds the property of its name, and every property has a column")
    func columnsMatchProperties() throws {
        try expectColumnsMatchKeys(SampleRow.self, sample)
        try expectColumnsMatchKeys(ComparisonRow.self, comparison)
        try expectColumnsMatchKeys(AccuracyRow.self, accuracy)
        try expectColumnsMatchKeys(StressRow.self, stress)
        try expectColumnsMatchKeys(MemoryRow.self, memory)
    }

    @Test("What wasn't measured is an empty field, never 0")
    func missing() throws {
        let row = try decoded(SampleRow.self, sample.merging(["value": nil]) { $1 })
        #expect(ResultFile.csv([row]).hasSuffix(",6,7,value of metric,value of unit,\r\n"))
        var notFinite = row
        notFinite.value = .nan
        #expect(ResultFile.csv([notFinite]) == ResultFile.csv([row]))
    }

    @Test("No rows still have a header")
    func empty() {
        #expect(ResultFile.csv([MemoryRow]()).hasSuffix(",depth\r\n"))
    }

    private func header<Row: ResultRow>(_: Row.Type) -> String {
        Row.columns.map(\.name).joined(separator: ",")
    }

    /// Writes a row whose fields all differ: a column that shows another's property shows the wrong text.
    private func expectColumnsMatchKeys<Row: ResultRow>(_: Row.Type, _ fields: [String: String?]) throws {
        let row = try decoded(Row.self, fields)
        for column in Row.columns {
            #expect(column.field(row) == fields[column.name] ?? nil, "\(column.name)")
        }
        let keys = try JSONSerialization.jsonObject(with: ResultFile.json([row])) as? [[String: Any]]
        #expect(keys?.first?.keys.sorted() == Row.columns.map(\.name).sorted())
    }

    private func decoded<Row: ResultRow>(_: Row.Type, _ fields: [String: String?]) throws -> Row {
        let members = fields.compactMap { key, field in
            field.map { field in "\"\(key)\": \(Double(field) == nil ? "\"\(field)\"" : field)" }
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Row.self, from: Data("{\(members.joined(separator: ","))}".utf8))
    }

    private func fields<Row: ResultRow>(_: Row.Type, texts: [String: String]) -> [String: String?] {
        var fields: [String: String?] = [:]
        for (index, column) in Row.columns.enumerated() {
            fields[column.name] = texts[column.name] ?? "\(index + 1)"
        }
        return fields
    }

    private func free(_ names: String...) -> [String: String] {
        Dictionary(uniqueKeysWithValues: names.map { ($0, "value of \($0)") })
    }

    private var sample: [String: String?] {
        let texts = free("scenario", "implementation", "family", "metric", "unit")
        return fields(SampleRow.self, texts: texts.merging(["mechanism": "queue", "driver": "threads"]) { $1 })
    }

    private var comparison: [String: String?] {
        let texts = free("scenario", "implementation", "family", "reference")
        let cases = ["mechanism": "limiter", "driver": "tasks", "policy": "drop-oldest"]
        return fields(ComparisonRow.self, texts: texts.merging(cases) { $1 })
    }

    private var accuracy: [String: String?] {
        let texts = free("scenario", "implementation", "family", "verdict")
        return fields(AccuracyRow.self, texts: texts.merging(["mechanism": "limiter", "clock": "virtual"]) { $1 })
    }

    private var stress: [String: String?] {
        let texts = free("scenario", "implementation", "family", "cap_method", "expected", "outcome", "verdict")
        return fields(StressRow.self, texts: texts.merging(["policy": "reject"]) { $1 })
    }

    private var memory: [String: String?] {
        fields(MemoryRow.self, texts: free("scenario", "implementation"))
    }
}
