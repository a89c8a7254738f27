// What the threads do to words: each access may let another thread go first, and then takes place at once.

extension Exploration {
    func addWord(_ value: UInt) -> UInt {
        UInt(memory.addWord(value))
    }

    func name(_ word: UInt, _ name: String) { memory.name(Int(word), name) }

    func load(_ id: UInt, _ ordering: ModelMemory.Ordering) -> UInt {
        let word = Int(id)
        guard let thread = running else { return memory.newest(word) }
        takeTurn()
        let age = self.age(word, thread, ordering)
        countLoad(thread)
        let value = memory.load(word, thread, ordering, age: age)
        let remark = age > 0 ? " (\(age) older than the newest)" : ""
        note("load \(memory.name(word)) \(ordering.rawValue) -> \(value)\(remark)")
        return value
    }

    /// How old a value the load sees: the newest by itself, an older one by choice.
    private func age(_ word: Int, _ thread: Int, _ ordering: ModelMemory.Ordering) -> Int {
        path.nextStep()
        guard staleReadsLeft > 0 else { return 0 }
        let oldest = memory.staleness(word, thread, ordering)
        // One that looks again and again sees the newest at last.
        guard oldest > 0, threads[thread].idleLoads < Exploration.idleLoadsOfSpinning else { return 0 }
        let age = choose(Array(0...oldest), isStale: true, salt: 5)
        if age > 0 { staleReadsLeft -= 1 }
        return age
    }

    private func countLoad(_ thread: Int) {
        if threads[thread].progressSeen != progress {
            threads[thread].progressSeen = progress
            threads[thread].idleLoads = 0
        }
        threads[thread].idleLoads += 1
    }

    func store(_ id: UInt, _ ordering: ModelMemory.Ordering, _ value: UInt) {
        let word = Int(id)
        guard let thread = running else { return memory.storeAlone(word, value) }
        takeTurn()
        progress += 1
        memory.store(word, thread, ordering, value)
        note("store \(memory.name(word)) \(ordering.rawValue) <- \(value)")
    }

    /// Replaces the newest value by what `change` says, or leaves it for `nil`; returns the value before.
    func update(
        _ id: UInt,
        _ ordering: ModelMemory.Ordering,
        failing: ModelMemory.Ordering = .relaxed,
        _ verb: @autoclosure () -> String,
        _ change: (UInt) -> UInt?
    ) -> UInt {
        let word = Int(id)
        guard let thread = running else {
            let original = memory.newest(word)
            if let value = change(original) { memory.storeAlone(word, value) }
            return original
        }
        takeTurn()
        let original = memory.newest(word)
        if let value = change(original) {
            progress += 1
            memory.exchange(word, thread, ordering, value)
            note("\(verb()) \(memory.name(word)) \(ordering.rawValue) \(original) -> \(value)")
        } else {
            countLoad(thread)
            _ = memory.load(word, thread, failing, age: 0)
            note("\(verb()) \(memory.name(word)) \(ordering.rawValue): failed, it is \(original)")
        }
        return original
    }

    func fence(isHeavy: Bool) {
        guard let thread = running else { return }
        takeTurn()
        if isHeavy { memory.heavyFence(thread) } else { memory.lightFence(thread) }
        note(isHeavy ? "heavy fence" : "light fence")
    }

    func touch(_ address: UnsafeMutableRawPointer) {
        guard let thread = running else { return }
        guard let other = memory.touch(address, thread) else { return }
        fail("data race: \(threads[thread].name) touches memory that \(threads[other].name) touched, unordered")
    }

    func lock(_ id: UInt) {
        guard let thread = running else { return }
        takeTurn()
        isLocked = true
        holdsTurn = false
        memory.lock(Int(id), thread)
        note("lock of \(memory.name(Int(id)))")
    }

    func unlock(_ id: UInt) {
        guard let thread = running else { return }
        progress += 1
        memory.unlock(Int(id), thread)
        note("unlock of \(memory.name(Int(id)))")
        isLocked = false
    }
}
