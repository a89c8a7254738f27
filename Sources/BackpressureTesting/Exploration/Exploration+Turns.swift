// Whose turn it is.

extension Exploration {
    /// So many loads in a row, without anything having happened, are taken for spinning.
    static let idleLoadsOfSpinning = 16
    /// And so many, with nobody else to run, for a wait without end.
    private static let idleLoadsOfLivelock = 1_000

    /// Runs all threads to their ends, or until none can go on.
    func runThreads() {
        memory.startThreads(threads.count)
        var candidate = turn(amongAll: true)
        while let current = candidate {
            running = current
            next = nil
            threads[current].isStarted = true
            threads[current].fiber.resume()
            if isAbandoned { break }
            candidate = next ?? turn(amongAll: false)
        }
        running = nil
        let unfinished = threads.filter { !$0.isFinished }
        guard !unfinished.isEmpty else { return }
        if !isAbandoned {
            let names = unfinished.map(\.name).joined(separator: " and ")
            fail("deadlock: \(names) \(unfinished.count == 1 ? "waits" : "wait"), and nobody is left to wake them")
        }
        for thread in unfinished where thread.isStarted { thread.fiber.abandon() }
    }

    /// Chooses who runs after the one before has ended or waits; `nil`: nobody can.
    private func turn(amongAll isFirst: Bool) -> Int? {
        path.nextStep()
        running = nil
        if !isFirst, threads.contains(where: { !$0.isFinished && $0.isStarted }) { isInterleaved = true }
        let ready = threads.indices.filter { isReady($0) }
        if ready.count > 1 { return choose(ready, isStale: false, salt: 3) }
        if let only = ready.first { return only }
        // Those that were taken for spinning go on looking; then those whose time may be over.
        if let spinning = threads.indices.first(where: { canRun($0) }) { return spinning }
        return threads.indices.first { !threads[$0].isFinished && threads[$0].isTimed }
    }

    private func canRun(_ thread: Int) -> Bool { !threads[thread].isFinished && threads[thread].semaphore == nil }

    private func isSpinning(_ thread: Int) -> Bool {
        threads[thread].idleLoads >= Exploration.idleLoadsOfSpinning && threads[thread].progressSeen == progress
    }

    private func isReady(_ thread: Int) -> Bool { canRun(thread) && !isSpinning(thread) }

    /// Comes before each access: another thread may run first.
    func takeTurn() {
        guard let current = running, !isLocked else { return }
        if holdsTurn {
            holdsTurn = false
            return
        }
        accesses += 1
        path.nextStep()
        if accesses > bounds.accesses { return abandon("the execution does not end: \(accesses) accesses") }
        if isSpinning(current) { return giveWay(current) }
        guard preemptionsLeft > 0, threads.count > 1 else { return }
        var options = [current]
        for other in threads.indices where other != current && isReady(other) { options.append(other) }
        if options.count == 1 { return }
        let chosen = choose(options, isStale: false, salt: 1)
        guard chosen != current else { return }
        preemptionsLeft -= 1
        handOver(from: current, to: chosen)
    }

    /// A thread that spins lets all others go first.
    private func giveWay(_ current: Int) {
        let ready = threads.indices.filter { isReady($0) }
        if ready.isEmpty {
            guard threads[current].idleLoads < Exploration.idleLoadsOfLivelock else {
                return abandon("\(threads[current].name) spins for ever: nobody is left to change what it looks at")
            }
            let others = threads.indices.filter { canRun($0) && $0 != current }
            guard let other = others.first(where: { $0 > current }) ?? others.first else { return }
            return handOver(from: current, to: other)
        }
        handOver(from: current, to: ready.count == 1 ? ready[0] : choose(ready, isStale: false, salt: 2))
    }

    private func handOver(from current: Int, to other: Int) {
        isInterleaved = true
        note("-- stopped; now \(threads[other].name)")
        next = other
        threads[current].fiber.suspend()
    }

    private func abandon(_ message: String) {
        fail(message)
        isAbandoned = true
        if let running { threads[running].fiber.suspend() }
    }

    /// Chooses among at least two; the first is what happens by itself.
    func choose(_ options: [Int], isStale: Bool, salt: UInt64) -> Int {
        // An execution in a known state goes on as it would by itself.
        if isMerged { return options[0] }
        if bounds.mergesEqualStates, path.isNew, !path.isReplay,
            !known.insert(digest(salt), preemptionsLeft: preemptionsLeft)
        {
            isMerged = true
            return options[0]
        }
        return path.choose(options, isStale: isStale)
    }

    /// Stands for the state of the execution: what every thread has done and seen, and what it may still do.
    private func digest(_ salt: UInt64) -> UInt64 {
        var digest = ModelMemory.mix(salt, UInt64(running.map { $0 + 1 } ?? 0))
        digest = ModelMemory.mix(digest, UInt64(staleReadsLeft))
        for number in threads.indices {
            digest = ModelMemory.mix(digest, memory.digest(of: number))
            let thread = threads[number]
            let isParked = thread.semaphore != nil
            let flags = (thread.isFinished ? 1 : 0) + (isParked ? 2 : 0) + (isSpinning(number) ? 4 : 0)
            digest = ModelMemory.mix(digest, UInt64(flags))
        }
        return digest
    }

    // MARK: Parking

    func signal(_ semaphore: ModelSemaphore) {
        takeTurn()
        semaphore.count += 1
        progress += 1
        if let running {
            semaphore.message.join(memory.release(running))
            semaphore.digest = ModelMemory.mix(semaphore.digest, memory.digest(of: running))
            memory.acquire(ModelMemory.Message(), semaphore.digest, running)
        }
        note("signals whoever is parked")
        for number in threads.indices where threads[number].semaphore === semaphore { threads[number].semaphore = nil }
    }

    /// `false`: the time was over.
    func wait(_ semaphore: ModelSemaphore, isTimed: Bool) -> Bool {
        takeTurn()
        guard let current = running else {
            precondition(semaphore.count > 0, "the body or a check waits on a semaphore that nobody will signal")
            semaphore.count -= 1
            return true
        }
        path.nextStep()
        if isTimed, semaphore.count == 0, preemptionsLeft > 0, choose([0, 1], isStale: true, salt: 4) == 1 {
            preemptionsLeft -= 1
            memory.learn(1, current)
            note("its time is over")
            return false
        }
        while semaphore.count == 0 {
            threads[current].semaphore = semaphore
            threads[current].isTimed = isTimed
            note("parks")
            threads[current].fiber.suspend()
            threads[current].isTimed = false
            if threads[current].semaphore != nil {
                // Nobody else can run.
                threads[current].semaphore = nil
                memory.learn(2, current)
                note("its time is over")
                return false
            }
        }
        semaphore.count -= 1
        memory.acquire(semaphore.message, semaphore.digest, current)
        note("is let on")
        return true
    }
}
