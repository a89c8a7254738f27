import Testing

@testable import BackpressureBenchmark

@Suite("The pairs of a comparison")
struct PairBlocksTests {
    private func pair(
        _ block: Int,
        _ slice: Int?,
        _ base: Double?,
        _ head: Double?,
        metric: String = "throughput"
    ) -> PairRow {
        PairRow(
            scenario: "pair",
            driver: .threads,
            implementation: "ring",
            metric: metric,
            unit: "1/s",
            block: block,
            slice: slice,
            first: (slice ?? 0).isMultiple(of: 2) ? "head" : "base",
            base: base,
            head: head
        )
    }

    /// A block of a dozen pairs with a ratio of 1.1, but for those that `other` has.
    private func block(_ block: Int, _ other: [Int: (base: Double?, head: Double?)] = [:]) -> [PairRow] {
        (1...12).map { slice in
            guard let values = other[slice] else { return pair(block, slice, 100, 110) }
            return pair(block, slice, values.base, values.head)
        }
    }

    @Test("come to the median of each block, and to nothing if a block lacks one")
    func blocks() {
        // The machine is twice as slow from the middle of the second pair on: that pair is off, and the median isn't.
        let rows = [
            pair(1, 1, 100, 95), pair(1, 2, 100, 47.5), pair(1, 3, 50, 47.5), pair(2, 1, 100, 110), pair(3, 1, nil, 5),
        ]
        let blocks = PairBlocks(rows)
        #expect(blocks.ratios == [0.95, 1.1] && blocks.gap == .missing(block: 3))
        #expect(PairBlocks(Array(rows.prefix(4))).gap == nil)
        #expect(PairBlocks(Array(rows.prefix(4))).note == nil)
        #expect(PairBlocks([]).gap == .nothingMeasured)
    }

    @Test("come in the order of their blocks, whatever that of the rows is")
    func order() {
        let rows = (1...12).reversed().map { pair($0, 1, 100, 100 + Double($0)) }
        let ratios: [Double] = (1...12).map { (block: Int) in (100 + Double(block)) / 100 }
        #expect(PairBlocks(rows).ratios == ratios)
        let without = rows.map { row in
            var row = row
            if row.block.isMultiple(of: 3) { row.head = nil }
            return row
        }
        #expect(PairBlocks(without).gap == .missing(block: 3))
    }

    @Test("turn metrics of which less is better")
    func direction() {
        #expect(pair(1, 1, 10, 20, metric: "latency_p99").goodness == 0.5)
        #expect(pair(1, 1, 10, 20).goodness == 2)
    }

    @Test(
        "that counted nothing on one side or on both are left out with both slices, and told of",
        arguments: [
            (
                0.0, 110.0, SilentPairs(inBase: 1),
                "1 pair of slices (base 1, head 0, both 0) counted nothing and was left out"
            ),
            (
                100, 0, SilentPairs(inHead: 1),
                "1 pair of slices (base 0, head 1, both 0) counted nothing and was left out"
            ),
            (
                0, 0, SilentPairs(inBoth: 1),
                "1 pair of slices (base 0, head 0, both 1) counted nothing and was left out"
            ),
        ]
    )
    func silent(base: Double, head: Double, silent: SilentPairs, note: String) {
        let blocks = PairBlocks(block(1, [7: (base, head)]) + block(2))
        #expect(blocks.gap == nil && blocks.silent == silent && blocks.note == note)
        // Both slices: what the other side counted meanwhile isn't held against anybody.
        #expect(blocks.ratios == [1.1, 1.1])
    }

    @Test("that counted nothing are no ratio at all: not 1, not the best, not the worst")
    func noRatio() {
        for (base, head) in [(0.0, 110.0), (100, 0), (0, 0)] {
            // Eleven that differ: any twelfth would move their median.
            let rows = (1...11).map { pair(1, $0, 100, 100 + Double($0)) } + [pair(1, 12, base, head)]
            #expect(PairBlocks(rows).ratios == [1.06])
        }
    }

    @Test("may have counted nothing in a tenth of a block, no more, however good the other blocks are")
    func tenth() {
        let one = (1...50).flatMap { block($0, $0.isMultiple(of: 2) ? [1: (0, 110)] : [1: (100, 0)]) }
        #expect(PairBlocks(one).gap == nil && PairBlocks(one).silent.count == 50)
        let two = one + block(51, [1: (0, 110), 12: (100, 0)])
        #expect(PairBlocks(two).gap == .silent(block: 51, pairs: 2, of: 12))
        // A tenth exactly.
        let twenty = (1...20).map { $0 <= 2 ? pair(1, $0, 0, 0) : pair(1, $0, 100, 110) }
        #expect(PairBlocks(twenty).gap == nil && PairBlocks(twenty).ratios == [1.1])
    }

    @Test("don't let a head pass that hangs half of the time, or a side that never counts anything, or one whole block")
    func hangs() {
        let half = (1...192).flatMap { number in
            block(number, Dictionary(uniqueKeysWithValues: (1...6).map { ($0 * 2, (100, 0)) }))
        }
        #expect(PairBlocks(half).gap == .silent(block: 1, pairs: 6, of: 12))
        for (base, head) in [(100.0, 0.0), (0, 100), (0, 0)] {
            let all = (1...36).map { pair(1 + $0 % 3, $0, base, head) }
            #expect(PairBlocks(all).gap == .silent(block: 1, pairs: 12, of: 12))
            #expect(PairBlocks(all).ratios == [])
            // A block that is a whole run of each side.
            let runs = [pair(1, nil, 100, 110), pair(2, nil, base, head), pair(3, nil, 100, 110)]
            #expect(PairBlocks(runs).gap == .silent(block: 2, pairs: 1, of: 1))
        }
    }

    @Test("are no accident of the machine if it is always the head that counted nothing")
    func onlyHead() {
        func blocks(base: Int, head: Int) -> PairBlocks {
            PairBlocks((1...60).flatMap { block($0, $0 <= base ? [1: (0, 1)] : $0 <= base + head ? [1: (1, 0)] : [:]) })
        }
        #expect(blocks(base: 0, head: 9).gap == nil)
        #expect(blocks(base: 0, head: 10).gap == .silentHead(SilentPairs(inHead: 10)))
        #expect(blocks(base: 20, head: 22).gap == nil)
        #expect(blocks(base: 10, head: 40).gap == .silentHead(SilentPairs(inBase: 10, inHead: 40)))
        // A head that no longer hangs.
        #expect(blocks(base: 40, head: 0).gap == nil)
    }

    @Test(
        "that lack a figure make the block incomplete, whatever else it has",
        arguments: [
            (nil, 1.0), (1, nil), (nil, nil), (.nan, 1), (1, .infinity), (-1, 1), (0, nil), (0, .nan), (-1, 0), (0, -1),
        ]
            as [(Double?, Double?)]
    )
    func missing(base: Double?, head: Double?) {
        let blocks = PairBlocks(block(1) + block(2, [3: (base, head), 5: (0, 0)]) + block(3))
        #expect(blocks.gap == .missing(block: 2) && blocks.ratios.count == 2)
        #expect(blocks.silent == SilentPairs(inBoth: 1))
    }

    @Test("have nothing left out that is 0 in a figure which isn't a count")
    func otherFigures() {
        let rows = (1...12).map { pair(1, $0, 5, $0 == 4 ? 0 : 5, metric: "cpu_per_op") }
        #expect(PairBlocks(rows).gap == .missing(block: 1))
    }

    @Test("may lack a figure for each operation where there was no operation, and count as such")
    func perOperation() {
        func costs(_ slices: some Sequence<Int>) -> [PairRow] {
            slices.map { pair(1, $0, 50, $0 == 4 ? nil : 55, metric: "cpu_per_op") }
        }
        func gap(_ rows: [PairRow]) -> PairBlocks.Gap? {
            let all = PairBlocks.all(rows, of: ["cpu_per_op"])
            #expect(all.count == 1)
            return all.first?.blocks.gap
        }
        #expect(gap(block(1, [4: (100, 0)]) + costs(1...12)) == nil)
        #expect(gap(block(1) + costs(1...12)) == .missing(block: 1))
        // Silent on both sides, there is no row at all: two of twelve.
        #expect(gap(block(1, [4: (100, 0), 12: (0, 0)]) + costs(1...11)) == .silent(block: 1, pairs: 2, of: 12))
        // Another implementation's silence excuses nobody, and is held against nobody.
        let others = block(1, [4: (100, 0), 12: (0, 0)]).map { row in
            var row = row
            row.implementation = "mutex"
            return row
        }
        #expect(gap(others + costs(1...12)) == .missing(block: 1))
        #expect(gap(block(1) + others + costs([1, 2, 3])) == nil)
    }

    @Test("are told apart by what they are of, in the order of the names")
    func figures() {
        let names = ["d", "a", "c", "e", "b"]
        let rows = names.flatMap { name in
            block(1).map { row in
                var row = row
                row.implementation = name
                return row
            }
        }
        let other = pair(1, 1, 5, 5, metric: "cpu_per_op")
        let all = PairBlocks.all(rows + [other], of: ["throughput"])
        #expect(all.map { $0.rows.map(\.implementation) } == names.sorted().map { Array(repeating: $0, count: 12) })
        #expect(all.allSatisfy { $0.blocks.ratios == [1.1] })
    }

    @Test("end a comparison without an answer if they are incomplete, and say why")
    func findings() throws {
        let run = ComparisonRun(
            options: ComparisonOptions(sides: .tools(base: "a", head: "b")),
            registry: Registry(),
            console: Console(format: .json, showsProgress: false, isVerbose: false)
        )
        let clear = (1...12).flatMap { block($0, [$0: (0, 0)]) }
        let difference = try #require(run.differences(clear).first)
        #expect(difference.row.verdict == .improvement && difference.finding == nil)
        let hanging = clear + block(13, [1: (1, 0), 2: (1, 0), 3: (1, 0)])
        let stopped = try #require(run.differences(hanging).first)
        #expect(stopped.row.verdict == .missing && stopped.row.blocks == 12)
        #expect(stopped.finding?.exitCode == .notMeasured)
        #expect(stopped.finding?.message.contains("counted nothing in 3 of the 12 pairs of block 13") == true)
        let lacking = try #require(run.differences(clear + block(13, [1: (nil, 1)])).first)
        #expect(lacking.finding?.message.contains("wasn't measured on both sides in every block") == true)
    }

    @Test("that were recorded say of themselves what was left out, and which blocks would have ended a comparison")
    func trials() {
        let trials = ComparisonTrials(
            block(1, [1: (0, 1)]) + block(2) + block(3, [1: (nil, 1)]),
            of: ["throughput"],
            PairedDecision(),
            count: 3
        )
        #expect(trials.rows.map(\.recordedBlocks) == [2])
        #expect(trials.notes.count == 2)
        #expect(trials.notes.first?.contains("block 3 lacks a figure") == true)
        #expect(trials.notes.last?.contains("1 pair of slices (base 1, head 0, both 0)") == true)
    }
}
