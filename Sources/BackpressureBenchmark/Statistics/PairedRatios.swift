/// How implementations compare with a reference that was measured beside them.
///
/// A shared machine drifts between blocks, so values are compared within a block only; the estimate is taken over the
/// blocks' ratios.
package struct PairedRatios: Sendable, Equatable {
    /// One measured value.
    package struct Sample: Sendable, Equatable {
        package var block: Int
        package var implementation: String
        package var value: Double

        package init(block: Int, implementation: String, value: Double) {
            self.block = block
            self.implementation = implementation
            self.value = value
        }
    }

    /// One implementation over the reference.
    package struct Comparison: Sendable, Equatable {
        package var implementation: String
        /// One ratio for each block that has both, in the order of the blocks.
        package var ratios: [Double]
        /// Blocks in which either is missing, not finite, or where the reference is 0.
        package var blocksLeftOut: Int
        /// `nil` if no block has both.
        package var estimate: Estimate?
    }

    package var reference: String
    /// In the order in which implementations first appear; the reference is among them, with ratios of 1.
    package var comparisons: [Comparison]

    /// Compares every implementation in `samples` with `reference`.
    ///
    /// Several samples of one implementation in one block count as their median. O(n log n) and the bootstrap's cost for
    /// each implementation.
    package init(of samples: [Sample], to reference: String, bootstrap: Bootstrap) {
        var implementations: [String] = []
        var values: [String: [Int: [Double]]] = [:]
        for sample in samples {
            if values[sample.implementation] == nil { implementations.append(sample.implementation) }
            values[sample.implementation, default: [:]][sample.block, default: []].append(sample.value)
        }
        let blocks = Set(samples.map(\.block)).sorted()
        let medians = values.mapValues { $0.compactMapValues(Bootstrap.median) }
        self.reference = reference
        comparisons = implementations.map { implementation in
            let ratios = blocks.compactMap { block -> Double? in
                guard
                    let own = medians[implementation]?[block],
                    let other = medians[reference]?[block],
                    case let ratio = own / other, ratio.isFinite
                else { return nil }
                return ratio
            }
            return Comparison(
                implementation: implementation,
                ratios: ratios,
                blocksLeftOut: blocks.count - ratios.count,
                estimate: bootstrap.estimate(ratios)
            )
        }
    }

    /// The comparison of `implementation`; `nil` if it has no sample.
    package subscript(implementation: String) -> Comparison? {
        comparisons.first { $0.implementation == implementation }
    }
}
