/// Something that happens to a concurrency limit: sequences of these are replayed on a ``ConcurrencyLimitModel`` and on
/// the real thing.
///
/// An event makes sense whatever happened before it, so that a sequence stays one when parts of it are left out.
public enum ConcurrencyLimitEvent: Sendable, Hashable, CustomStringConvertible {
    /// A request that doesn't wait.
    case tryAcquire(weight: Int)
    /// A request that waits if need be; for so many milliseconds, or as long as it takes.
    case acquire(weight: Int, milliseconds: Int?)
    /// A request by a task that is cancelled before it runs.
    case acquireCancelled(weight: Int)
    /// The task of one of the requests that wait is cancelled: the one that so many others stand before, counted round and
    /// round.
    case cancel(Int)
    /// One of those who hold permits gives them back; counted likewise.
    case release(Int)
    /// Time goes on until one of the requests that wait is too late.
    case expire
    /// The limit is changed.
    case setLimit(Int)

    /// As it is written in code.
    public var description: String {
        switch self {
        case .tryAcquire(let weight): ".tryAcquire(weight: \(weight))"
        case .acquire(let weight, nil): ".acquire(weight: \(weight), milliseconds: nil)"
        case .acquire(let weight, let milliseconds?): ".acquire(weight: \(weight), milliseconds: \(milliseconds))"
        case .acquireCancelled(let weight): ".acquireCancelled(weight: \(weight))"
        case .cancel(let index): ".cancel(\(index))"
        case .release(let index): ".release(\(index))"
        case .expire: ".expire"
        case .setLimit(let limit): ".setLimit(\(limit))"
        }
    }

    /// A sequence that follows from its generator's seed.
    ///
    /// - Parameters:
    ///   - count: how many events.
    ///   - changesLimit: whether the limit is changed too.
    public static func sequence(
        _ count: Int,
        changesLimit: Bool,
        using generator: inout some RandomNumberGenerator
    ) -> [Self] {
        (0..<count).map { _ in
            let weight = Int.random(in: 1...3, using: &generator)
            let index = Int.random(in: 0..<8, using: &generator)
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<3: return .tryAcquire(weight: weight)
            case 3..<7: return .acquire(weight: weight, milliseconds: nil)
            case 7..<9: return .acquire(weight: weight, milliseconds: Int.random(in: 0...4, using: &generator))
            case 9: return .acquireCancelled(weight: weight)
            case 10..<12: return .cancel(index)
            case 12..<17: return .release(index)
            case 17..<19: return .expire
            default:
                return changesLimit ? .setLimit(Int.random(in: 1...5, using: &generator)) : .release(index)
            }
        }
    }

    /// Events that do less: what a failure is tried with instead.
    var simpler: [Self] {
        switch self {
        case .tryAcquire(let weight) where weight > 1: [.tryAcquire(weight: 1)]
        case .acquire(let weight, let milliseconds):
            [.tryAcquire(weight: weight)]
                + (milliseconds == nil ? [] : [.acquire(weight: weight, milliseconds: nil)])
                + (weight > 1 ? [.acquire(weight: 1, milliseconds: milliseconds)] : [])
        case .cancel(let index) where index > 0: [.cancel(0)]
        case .release(let index) where index > 0: [.release(0)]
        default: []
        }
    }
}
