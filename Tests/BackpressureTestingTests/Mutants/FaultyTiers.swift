import BoundedQueues

/// The elements of a ``FaultyPriorityQueue``, and whose turn it is.
///
/// The rule is another than the library's, and simpler: a tier is due three takes before its limit, and those that are due
/// go by age.
struct FaultyTiers {
    let limit: Int
    let defect: PriorityDefect
    var elements = PerTier { _ in [Int]() }
    var takes = 0
    private var servedAt = PerTier { _ in 0 }

    init(limit: Int, defect: PriorityDefect) {
        self.limit = limit
        self.defect = defect
    }

    var count: Int { PriorityTier.allCases.reduce(0) { $0 + elements[$1].count } }

    mutating func append(_ element: Int, _ tier: PriorityTier) {
        if elements[tier].isEmpty, defect != .agesWhileEmpty { servedAt[tier] = takes }
        elements[tier].append(element)
    }

    var nextTier: PriorityTier? {
        let waiting = PriorityTier.allCases.filter { !elements[$0].isEmpty }
        switch defect {
        case .comparesRawValues: return waiting.max { $0.rawValue < $1.rawValue }
        case .ignoresTiers: return waiting.min { elements[$0][0] < elements[$1][0] }
        case .neverAges: return waiting.max()
        default: break
        }
        let patience =
            switch defect {
            case .agesOneTakeLate: limit
            // Enough for one tier, but not for several at once.
            case .servesDueTiersTooLate: limit - 1
            case .agesTooEarly: max(1, limit - 5)
            default: limit - 3
            }
        let due = waiting.filter { takes - servedAt[$0] >= patience }
        return due.min { servedAt[$0] < servedAt[$1] } ?? waiting.max()
    }

    mutating func removeNext(_ tier: PriorityTier) -> Int {
        takes += 1
        servedAt[tier] = takes
        return defect == .lastInFirstOut ? elements[tier].removeLast() : elements[tier].removeFirst()
    }
}
