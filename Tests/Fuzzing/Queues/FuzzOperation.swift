/// Reads an input from front to back; behind its end there are zeros.
struct InputBytes {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func next() -> Int { Int(rest.popFirst() ?? 0) }

    /// One of several, chosen by a byte.
    mutating func pick<Value>(_ values: [Value]) -> Value { values[next() % values.count] }
}

/// A step of a sequence, a byte each: the lower three bits choose it, the upper five say how many or which.
enum FuzzOperation {
    case push(tier: Int)
    case pop
    case pushBatch(Int)
    case popBatch(Int)
    case readStatistics
    case close

    /// So long that every slot of the smallest queues is used many times over, and a run takes milliseconds at most.
    static let maximumCount = 512

    init(_ byte: Int, capacity: Int) {
        let argument = byte >> 3
        switch byte & 7 {
        case 0, 1, 2: self = .push(tier: argument % 4)
        case 3, 4: self = .pop
        case 5: self = .pushBatch(argument % (capacity + 3))
        case 6: self = .popBatch(argument % (capacity + 3))
        // Rare, since little happens afterwards.
        default: self = argument == 31 ? .close : .readStatistics
        }
    }

    static func sequence(_ bytes: inout InputBytes, capacity: Int) -> [FuzzOperation] {
        var operations: [FuzzOperation] = []
        while !bytes.isEmpty, operations.count < maximumCount {
            operations.append(FuzzOperation(bytes.next(), capacity: capacity))
        }
        return operations
    }
}
