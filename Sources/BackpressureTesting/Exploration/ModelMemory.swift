/// The memory of one execution as the language's memory model allows threads to see it, rather than as this machine shows
/// it.
///
/// Each word keeps all values ever stored in it, in the order in which the execution stored them. Each thread has a view:
/// how old a value of each word it may still be shown. A releasing store carries its thread's view along, an acquiring load
/// of it takes it over; a relaxed load may see anything that its thread's view permits. Sequentially consistent operations
/// on one word see each other in order. Beside the view goes a vector clock, which says what happened before what, to find
/// two threads that touch the same plain memory with nothing to order them.
///
/// An approximation on the safe side of speed: stores enter a word's order when they execute (no store buffering between
/// two relaxed stores of different threads to one word), loads never see the future (no load buffering), a failed
/// compare-exchange sees the newest value, a weak one never fails without a reason.
struct ModelMemory {
    enum Ordering: String {
        case relaxed
        case acquiring
        case releasing
        case acquiringAndReleasing = "acquiring and releasing"
        case sequentiallyConsistent = "sequentially consistent"
    }

    /// What travels with a value: nothing unless it was released.
    struct Message {
        var view: [Int] = []
        var clock: [Int] = []

        mutating func join(_ other: Message) {
            ModelMemory.join(&view, other.view)
            ModelMemory.join(&clock, other.clock)
        }
    }

    private struct Store {
        var value: UInt
        var message: Message
        /// Stands for the store and all that it could depend on.
        var digest: UInt64
    }

    private struct Word {
        var name: String
        var stores: [Store]
        /// Its place in views; `nil`: no thread has stored anything yet, so everybody sees the same.
        var viewIndex: Int?
        /// The newest sequentially consistent store.
        var newestSequential = 0
        var lock = Message()
        var lockDigest: UInt64 = 0
    }

    private struct Thread {
        var seen: Message
        /// What it had done before its latest light fence, which a heavy one elsewhere makes visible.
        var fenced: [Int] = []
        /// Stands for all that it has done and seen.
        var digest: UInt64
    }

    private var words: [Word] = []
    private var viewCount = 0
    private var threads: [Thread] = []
    private var touches: [UnsafeMutableRawPointer: (thread: Int, time: Int)] = [:]
    private var heavyFences: [Int] = []
    private var heavyDigest: UInt64 = 0
    private var boundaries = Message()
    private var boundaryDigest: UInt64 = 0

    /// Makes a word that everybody knows the value of.
    mutating func addWord(_ value: UInt) -> Int {
        words.append(
            Word(name: "word \(words.count)", stores: [Store(value: value, message: Message(), digest: 0)])
        )
        return words.count - 1
    }

    mutating func name(_ word: Int, _ name: String) { words[word].name = name }

    func name(_ word: Int) -> String { words[word].name }

    mutating func startThreads(_ count: Int) {
        threads = (0..<count).map { number in
            var clock = [Int](repeating: 0, count: count)
            clock[number] = 1
            return Thread(seen: Message(view: [], clock: clock), digest: ModelMemory.mix(1, UInt64(number)))
        }
    }

    // MARK: Words

    /// How many values older than the newest a thread may be shown.
    func staleness(_ word: Int, _ thread: Int, _ ordering: Ordering) -> Int {
        guard let index = words[word].viewIndex else { return 0 }
        var oldest = ModelMemory.entry(threads[thread].seen.view, index)
        if ordering == .sequentiallyConsistent { oldest = max(oldest, words[word].newestSequential) }
        return words[word].stores.count - 1 - oldest
    }

    /// The newest value, for whoever is alone.
    func newest(_ word: Int) -> UInt { words[word].stores[words[word].stores.count - 1].value }

    /// Stores while there is one thread alone: there is no older value to be seen.
    mutating func storeAlone(_ word: Int, _ value: UInt) {
        words[word].stores = [Store(value: value, message: Message(), digest: 0)]
        words[word].newestSequential = 0
        words[word].viewIndex = nil
    }

    /// Sees the value that is `age` stores older than the newest.
    mutating func load(_ word: Int, _ thread: Int, _ ordering: Ordering, age: Int) -> UInt {
        let position = words[word].stores.count - 1 - age
        let digest = words[word].stores[position].digest
        threads[thread].digest = ModelMemory.mix(threads[thread].digest, digest ^ UInt64(word))
        if let index = words[word].viewIndex {
            ModelMemory.raise(&threads[thread].seen.view, index, to: position)
            if ordering != .relaxed { threads[thread].seen.join(words[word].stores[position].message) }
        }
        return words[word].stores[position].value
    }

    mutating func store(_ word: Int, _ thread: Int, _ ordering: Ordering, _ value: UInt) {
        append(word, thread, ordering, value, after: nil)
    }

    /// Reads the newest value and replaces it in one step.
    mutating func exchange(_ word: Int, _ thread: Int, _ ordering: Ordering, _ value: UInt) {
        let previous = words[word].stores[words[word].stores.count - 1].message
        if ordering != .relaxed { threads[thread].seen.join(previous) }
        // What was released with the value before is acquired with this one too.
        append(word, thread, ordering, value, after: previous)
    }

    private mutating func append(
        _ word: Int,
        _ thread: Int,
        _ ordering: Ordering,
        _ value: UInt,
        after previous: Message?
    ) {
        let index: Int
        if let known = words[word].viewIndex {
            index = known
        } else {
            index = viewCount
            viewCount += 1
            words[word].viewIndex = index
        }
        let position = words[word].stores.count
        ModelMemory.raise(&threads[thread].seen.view, index, to: position)
        var message = previous ?? Message()
        if ordering != .relaxed {
            message.join(threads[thread].seen)
            threads[thread].seen.clock[thread] += 1
        }
        if ordering == .sequentiallyConsistent { words[word].newestSequential = position }
        let digest = ModelMemory.mix(words[word].stores[position - 1].digest, threads[thread].digest ^ UInt64(word))
        words[word].stores.append(Store(value: value, message: message, digest: digest))
        threads[thread].digest = ModelMemory.mix(threads[thread].digest, digest)
    }

    // MARK: What else orders

    /// What this thread did so far is there for heavy fences from now on, and what those have gathered is there for it.
    mutating func lightFence(_ thread: Int) {
        ModelMemory.join(&threads[thread].seen.view, heavyFences)
        threads[thread].fenced = threads[thread].seen.view
        threads[thread].digest = ModelMemory.mix(threads[thread].digest, heavyDigest)
    }

    /// Gathers what every thread did before its latest fence.
    mutating func heavyFence(_ thread: Int) {
        ModelMemory.join(&heavyFences, threads[thread].seen.view)
        for other in threads.indices {
            ModelMemory.join(&heavyFences, threads[other].fenced)
            heavyDigest = ModelMemory.mix(heavyDigest, threads[other].digest)
        }
        threads[thread].seen.view = heavyFences
        threads[thread].fenced = heavyFences
        threads[thread].digest = ModelMemory.mix(threads[thread].digest, heavyDigest)
    }

    mutating func lock(_ word: Int, _ thread: Int) {
        threads[thread].seen.join(words[word].lock)
        words[word].lockDigest = ModelMemory.mix(words[word].lockDigest, threads[thread].digest)
        threads[thread].digest = ModelMemory.mix(threads[thread].digest, words[word].lockDigest)
    }

    mutating func unlock(_ word: Int, _ thread: Int) { words[word].lock = release(thread) }

    /// What this thread has done and seen, for another to acquire.
    mutating func release(_ thread: Int) -> Message {
        defer { threads[thread].seen.clock[thread] += 1 }
        return threads[thread].seen
    }

    mutating func acquire(_ message: Message, _ digest: UInt64, _ thread: Int) {
        threads[thread].seen.join(message)
        threads[thread].digest = ModelMemory.mix(threads[thread].digest, digest)
    }

    /// The beginning or the end of an operation that is measured: whatever ended before it is visible.
    mutating func boundary(_ thread: Int) {
        threads[thread].seen.join(boundaries)
        boundaries.join(release(thread))
        boundaryDigest = ModelMemory.mix(boundaryDigest, threads[thread].digest)
        threads[thread].digest = ModelMemory.mix(threads[thread].digest, boundaryDigest)
    }

    /// Something that the thread learned from a choice.
    mutating func learn(_ fact: UInt64, _ thread: Int) {
        threads[thread].digest = ModelMemory.mix(threads[thread].digest, fact)
    }

    /// Plain memory is about to be touched; returns the thread that touched it with nothing to order the two.
    mutating func touch(_ address: UnsafeMutableRawPointer, _ thread: Int) -> Int? {
        let last = touches[address]
        touches[address] = (thread, threads[thread].seen.clock[thread])
        guard let last, last.thread != thread, threads[thread].seen.clock[last.thread] < last.time else { return nil }
        return last.thread
    }

    // MARK: Digests and views

    func digest(of thread: Int) -> UInt64 { threads[thread].digest }

    static func mix(_ digest: UInt64, _ other: UInt64) -> UInt64 {
        var mixed = (digest &* 0x9E37_79B9_7F4A_7C15) ^ (other &+ 0x632B_E59B_D9B4_E019)
        mixed = (mixed ^ (mixed >> 32)) &* 0xD6E8_FEB8_6659_FD93
        return mixed ^ (mixed >> 29)
    }

    // A missing entry is 0.

    private static func entry(_ view: [Int], _ index: Int) -> Int { index < view.count ? view[index] : 0 }

    private static func raise(_ view: inout [Int], _ index: Int, to value: Int) {
        while view.count <= index { view.append(0) }
        if view[index] < value { view[index] = value }
    }

    private static func join(_ view: inout [Int], _ other: [Int]) {
        if view.isEmpty {
            view = other
            return
        }
        var index = 0
        while index < other.count {
            raise(&view, index, to: other[index])
            index += 1
        }
    }
}
