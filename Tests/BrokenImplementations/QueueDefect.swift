import BackpressureBenchmark
import BoundedQueues

/// What is wrong with a ``BrokenQueue``; the raw value is the id that it is registered under.
enum QueueDefect: String, CaseIterable {
    /// Says that it took every tenth element, and forgets it.
    case losesElements = "loses-elements"
    /// Puts every tenth element in twice.
    case duplicatesElements = "duplicates-elements"
    /// Claims its capacity and holds whatever it is given.
    case knowsNoBound = "knows-no-bound"
    /// Drops and evicts without telling the drop handler.
    case dropsInSilence = "drops-in-silence"
    /// Lets every tenth element pass the one before it.
    case swapsElements = "swaps-elements"
    /// Is full with one element less than it claims to hold.
    case holdsOneLess = "holds-one-less"
    /// Says at every tenth request that it is empty.
    case saysEmpty = "says-empty"
    /// Holds on to every element that was taken.
    case keepsElements = "keeps-elements"
    /// Makes a new array for every element that is offered.
    case allocatesEachTime = "allocates-each-time"
    /// A push that finds it full evicts two.
    case evictsTwo = "evicts-two"
    /// Evicts what came last.
    case evictsNewest = "evicts-newest"
    /// Evicts with room for one more.
    case evictsEarly = "evicts-early"
    /// Tells the drop handler of every tenth drop twice.
    case tellsTwice = "tells-twice"
    /// Counts half of what it drops.
    case miscountsDrops = "miscounts-drops"
    /// Lets one in four enter where one in three or in two should.
    case samplesTooMuch = "samples-too-much"
    /// Knows the policy throttle by name.
    case neverDelays = "never-delays"
    /// Delays pushes to an empty queue as well.
    case delaysAlways = "delays-always"
    /// Traps at the tenth element.
    case crashes
    /// The push of the tenth element never returns.
    case hangs

    var implementation: QueueImplementation {
        QueueImplementation(
            id: rawValue,
            family: .other,
            summary: "broken on purpose",
            policies: policies,
            promises: QueuePromises(contract: false, allocatesNothing: true),
            words: { QueueInstance(BrokenQueue($0, defect: self)) },
            payloads: { QueueInstance(BrokenQueue($0, defect: self)) }
        )
    }

    private var policies: [OverflowPolicy] {
        switch self {
        case .neverDelays, .delaysAlways: [.block, .throttle()]
        case .samplesTooMuch: [.block, .sample(oneIn: 1)]
        default: [.block, .reject, .dropNewest, .dropOldest]
        }
    }
}
