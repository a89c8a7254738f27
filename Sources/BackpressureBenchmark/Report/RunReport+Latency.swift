// The tables of queues under loads that tell how long something takes, or what waiting costs.

extension RunReport {
    var openLoop: TextTable? {
        let groups = groups { $0.isOpenLoop }
        guard !groups.isEmpty else { return nil }
        return TextTable(
            title: "Latency at a given arrival rate, from the intended start",
            columns: latencyColumns("delivered", unit: "elements/s") + [
                .init("CPU", unit: "per element"), .init("refused", unit: "of offered"),
                .init("peak", unit: "allocated", best: .lowest),
            ],
            groups: groups.map { scenario, driver, rows in
                .init(
                    title(scenario, driver),
                    rows: rows.map { row in
                        latencyCells(row) + [
                            "\(Numbers.duration(nanoseconds: row.cpuNsPerOp))",
                            "\(share(row, .refusedShare))",
                            cell(row, Numbers.bytes(row.peakAllocatedBytes), row.peakAllocatedBytes),
                        ]
                    }
                )
            },
            notes: clockNotes + overhead.queues
        )
    }

    var roundTrip: TextTable? {
        let groups = groups { $0.isRoundTrip }
        guard !groups.isEmpty else { return nil }
        return TextTable(
            title: "Round trip of one element, through one queue and back through another",
            columns: latencyColumns("trips", unit: "per second") + [
                .init("to reference", unit: "trips/s, median [95 %]"), .init("CPU", unit: "per trip", best: .lowest),
                .init("switches", unit: "per trip"),
            ],
            groups: groups.map { scenario, driver, rows in
                .init(
                    title(scenario, driver),
                    rows: rows.map { row in
                        latencyCells(row) + [
                            ratio(row), cell(row, Numbers.duration(nanoseconds: row.cpuNsPerOp), row.cpuNsPerOp),
                            "\(Numbers.decimal(row.contextSwitchesPerOp, decimals: 4))",
                        ]
                    }
                )
            },
            notes: clockNotes.map { $0 + " Each trip has two." }
        )
    }

    var idle: TextTable? {
        let groups = groups { $0.isIdle }
        guard !groups.isEmpty else { return nil }
        return TextTable(
            title: "Waiting on an empty queue",
            columns: [
                .init("implementation", alignment: .left), .init("family", alignment: .left),
                .init("CPU", unit: "per second", best: .lowest), .init("peak", unit: "allocated", best: .lowest),
            ],
            groups: groups.map { scenario, driver, rows in
                .init(
                    title(scenario, driver),
                    rows: rows.map { row in
                        let time = median(row, .idleCPU)
                        return [
                            "\(row.implementation)", "\(row.family)",
                            cell(row, Numbers.duration(nanoseconds: time), time),
                            cell(row, Numbers.bytes(row.peakAllocatedBytes), row.peakAllocatedBytes),
                        ]
                    }
                )
            },
            notes: ["Processor time of the whole process, the conducting thread included."]
        )
    }

    /// What tables of latencies begin with.
    private func latencyColumns(_ header: String, unit: String) -> [TextTable.Column] {
        [
            .init("implementation", alignment: .left), .init("family", alignment: .left), .init(header, unit: unit),
            .init("p50", best: .lowest), .init("p90", best: .lowest), .init("p99", best: .lowest),
            .init("p99.9", best: .lowest), .init("max", best: .lowest),
        ]
    }

    private func latencyCells(_ row: ComparisonRow) -> [TextTable.Cell] {
        let latencies = [row.latencyP50Ns, row.latencyP90Ns, row.latencyP99Ns, row.latencyP999Ns, row.latencyMaxNs]
        return ["\(row.implementation)", "\(row.family)", "\(Numbers.rate(row.throughputPerS))"]
            + latencies.map { cell(row, Numbers.duration(nanoseconds: $0), $0) }
    }
}
