import BackpressureBenchmark
import Foundation
import Testing

/// A result folder as scripts see it, checked against what they rely on.
struct ResultFiles {
    /// The columns of each table, as they are promised.
    private static let columns = [
        "samples.csv": "scenario,mechanism,implementation,family,driver,block,repetition,metric,unit,value",
        "comparison.csv":
            "scenario,mechanism,implementation,family,driver,producers,consumers,capacity,payload_bytes,policy,"
            + "repetitions,throughput_per_s,throughput_ci_low,throughput_ci_high,latency_p50_ns,latency_p90_ns,"
            + "latency_p99_ns,latency_p999_ns,latency_max_ns,cpu_ns_per_op,context_switches_per_op,allocations_per_op,"
            + "allocated_bytes_per_op,peak_allocated_bytes,retained_bytes,reference,ratio_to_reference,ratio_ci_low,"
            + "ratio_ci_high",
        "accuracy.csv":
            "scenario,mechanism,implementation,family,clock,callers,rate_per_s,burst,duration_s,granted,allowed,"
            + "error_ppm,overshoot_permits,jitter_p50_ns,jitter_p99_ns,jain_index,decision_ns,verdict",
        "stress.csv":
            "scenario,implementation,family,policy,cap_bytes,cap_method,producers,consumers,overload_factor,duration_s,"
            + "expected,outcome,verdict,offered,accepted,taken,refused,dropped,lost,peak_allocated_bytes,"
            + "peak_resident_bytes,bound_bytes,growth_bytes_per_s,seconds_to_death",
        "memory.csv":
            "scenario,implementation,elapsed_ns,allocated_bytes,active_bytes,resident_bytes,metadata_bytes,depth",
    ]

    private static let texts: Set<String> = [
        "scenario", "mechanism", "implementation", "family", "driver", "metric", "unit", "policy", "reference", "clock",
        "verdict", "cap_method", "expected", "outcome",
    ]

    /// Row by row, a field by the name of its column; what wasn't measured has no entry.
    private(set) var tables: [String: [[String: String]]] = [:]
    let environment: [String: Any]
    let verdict: [String: Any]

    /// Reads a folder, in which there must be every file and nothing else.
    init(_ folder: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names == (Self.columns.keys + ["environment.json", "verdict.json"]).sorted())
        for (name, header) in Self.columns {
            let table = try CSVTable(String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))
            #expect(table.header.joined(separator: ",") == header, "\(name)")
            tables[name] = table.rows.map { row in
                let fields = zip(table.header, row).compactMap { column, field in field.map { (column, $0) } }
                return Dictionary(uniqueKeysWithValues: fields)
            }
        }
        environment = try Self.object("\(folder)/environment.json")
        verdict = try Self.object("\(folder)/verdict.json")
        for (name, rows) in tables {
            for (column, field) in rows.joined() where !Self.texts.contains(column) {
                #expect(Double(field)?.isFinite == true, "\(name): \(column) is \(field)")
            }
        }
    }

    /// The rows of a table in which columns have these values.
    func rows(_ table: String, _ values: KeyValuePairs<String, String> = [:]) -> [[String: String]] {
        tables[table, default: []].filter { row in values.allSatisfy { row[$0.key] == $0.value } }
    }

    /// What keeps the run from passing: exit codes and messages.
    var findings: [(exitCode: Int, message: String)] {
        (verdict["findings"] as? [[String: Any]] ?? []).compactMap { finding in
            guard let code = finding["exit_code"] as? Int, let message = finding["message"] as? String else {
                return nil
            }
            return (code, message)
        }
    }

    /// Checks that the file, the last line of the output and the exit code say the same.
    func expectVerdict(of run: Tool.Finished, exitCode: Int) throws {
        #expect(run.exitCode == exitCode, "\(run.output)\n\(run.errors)")
        #expect(verdict["exit_code"] as? Int == exitCode)
        #expect(verdict["verdict"] as? String == (exitCode == 0 ? "pass" : "fail"))
        let line = try #require(run.lastLine)
        if exitCode == 0 {
            #expect(line == "verdict: pass")
            #expect(verdict["reason"] == nil && findings.isEmpty)
        } else {
            let reason = try #require(verdict["reason"] as? String)
            #expect(line.hasPrefix("verdict: fail (\(reason)"))
            #expect(line.hasSuffix(")"))
            #expect(findings.contains { $0 == (exitCode, reason) })
        }
    }

    /// Checks that nothing but this implementation was found wanting.
    func expectOnlyNamed(_ id: String) {
        #expect(!findings.isEmpty && findings.allSatisfy { $0.message.contains(id) }, "\(findings)")
    }

    /// Checks that an implementation has the figures that every implementation has.
    func expectMeasured(_ id: String) {
        let row = rows("comparison.csv", ["implementation": id]).first
        #expect(row?["throughput_per_s"] != nil && row?["peak_allocated_bytes"] != nil, "\(id)")
    }

    private static func object(_ path: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
}
