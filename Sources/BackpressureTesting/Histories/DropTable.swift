internal import Backpressure
internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// Where a drop handler notes what it is told, by value and without allocating.
final class DropTable: @unchecked Sendable {
    // Sendable because everything that several threads reach is atomic, and the memory lives as long as this.
    private struct Entry: ~Copyable {
        let times = Atomic(0)
        let reason = Atomic(0)
        let stamp = Atomic<UInt64>(0)
        let thread = Atomic<UInt>(0)
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let threads: UnsafeMutablePointer<Atomic<UInt>>
    private let threadCount: Int
    private let valuesPerThread: Int
    private let clock: HistoryClock
    /// Calls with a value that nobody can have offered.
    private let strangers = Atomic(0)

    /// - Parameters:
    ///   - threads: that may push, the one that looks at the queue at rest included.
    ///   - valuesPerThread: the most that one of them offers.
    init(threads: Int, valuesPerThread: Int, clock: HistoryClock) {
        threadCount = threads
        self.valuesPerThread = valuesPerThread
        self.clock = clock
        entries = .allocate(capacity: threads * valuesPerThread)
        for index in 0..<threads * valuesPerThread { (entries + index).initialize(to: Entry()) }
        self.threads = .allocate(capacity: threads)
        for index in 0..<threads { (self.threads + index).initialize(to: Atomic(0)) }
    }

    deinit {
        for index in 0..<threadCount * valuesPerThread { (entries + index).deinitialize(count: 1) }
        entries.deallocate()
        for index in 0..<threadCount { (threads + index).deinitialize(count: 1) }
        threads.deallocate()
    }

    /// Says that the calling thread is the one of this number.
    func enroll(_ thread: Int) { threads[thread].store(Self.currentThread, ordering: .relaxed) }

    /// The drop handler of the queue. The entry is read when all threads have ended.
    func note(_ value: UInt64, _ reason: DropReason) {
        let (thread, number) = value.quotientAndRemainder(dividingBy: QueueHistoryRun.valuesOfProducer)
        guard thread < UInt64(threadCount), number < UInt64(valuesPerThread) else {
            strangers.wrappingAdd(1, ordering: .relaxed)
            return
        }
        let index = Int(thread) * valuesPerThread + Int(number)
        entries[index].times.wrappingAdd(1, ordering: .relaxed)
        entries[index].reason.store(Self.reasons.firstIndex(of: reason) ?? 0, ordering: .relaxed)
        entries[index].thread.store(Self.currentThread, ordering: .relaxed)
        entries[index].stamp.store(clock.stampAfterCall(), ordering: .relaxed)
    }

    var strangerCount: Int { strangers.load(ordering: .relaxed) }

    /// All that was told, by value.
    func drops() -> [ToldDrop] {
        let enrolled = (0..<threadCount).map { threads[$0].load(ordering: .relaxed) }
        var drops: [ToldDrop] = []
        for thread in 0..<threadCount {
            for number in 0..<valuesPerThread {
                let index = thread * valuesPerThread + number
                let times = entries[index].times.load(ordering: .relaxed)
                if times == 0 { continue }
                let caller = entries[index].thread.load(ordering: .relaxed)
                drops.append(
                    ToldDrop(
                        value: QueueHistoryRun.value(number, ofProducer: thread),
                        reason: Self.reasons[entries[index].reason.load(ordering: .relaxed)],
                        times: times,
                        stamp: entries[index].stamp.load(ordering: .relaxed),
                        thread: enrolled.firstIndex(of: caller)
                    )
                )
            }
        }
        return drops
    }

    private static let reasons: [DropReason] = [.full, .evicted, .sampledOut]

    private static var currentThread: UInt {
        #if canImport(Darwin)
        UInt(bitPattern: pthread_self())
        #else
        UInt(pthread_self())
        #endif
    }
}
