/// What `compare` is asked to do.
package struct ComparisonOptions: Sendable {
    /// What is compared with what.
    package enum Sides: Sendable {
        /// Two folders of results, as they are.
        case folders(base: String, head: String)
        /// Two revisions of the package, built apart; `nil`: the tool that runs now.
        case revisions(base: String, head: String?)
        /// Two tools that are built already.
        case tools(base: String, head: String)
        /// Blocks that were recorded before, drawn anew so often, to see how often a comparison of them errs.
        case recorded(pairs: String, trials: Int)
    }

    package var sides: Sides
    package var metrics = ["throughput"]
    package var decision = PairedDecision()
    /// Which scenarios and implementations, how long, where to.
    package var run = RunOptions()

    package init(sides: Sides) {
        self.sides = sides
    }
}
