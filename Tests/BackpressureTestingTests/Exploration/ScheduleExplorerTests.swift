import BackpressureTesting
import ConcurrencySupport
import Testing

@Suite("Schedule explorer")
struct ScheduleExplorerTests {
    private static func lostUpdate(_ exploration: Exploration) {
        let count = ModelWord(at: exploration.words(1)).named("count")
        for name in ["Ann", "Bob"] {
            exploration.thread(name) { count.storeReleasing(count.loadAcquiring() + 1) }
        }
        exploration.check { exploration.expect(count.loadRelaxed() == 2, "an addition was lost") }
    }

    @Test("A lost update is found with one preemption, told in words, and replayed by its schedule")
    func lostUpdate() throws {
        let explorer = ScheduleExplorer(staleReads: 0)
        let failure = try #require(explorer.explore(Self.lostUpdate).failure)
        #expect(failure.message == "an addition was lost")
        #expect(failure.execution <= 10, "\(failure)")
        #expect(failure.interleaving.contains("Ann: load count acquiring -> 0"), "\(failure)")
        #expect(failure.interleaving.contains("Bob: store count releasing <- 1"), "\(failure)")
        let schedule = try #require(ExplorationSchedule(failure.schedule.description))
        #expect(schedule == failure.schedule)
        let replayed = try #require(explorer.replay(schedule, Self.lostUpdate).failure)
        #expect(replayed.interleaving == failure.interleaving)
        #expect(ExplorationSchedule("7>") == nil)
    }

    @Test("Additions in one step are all counted; within three preemptions of three threads every execution is seen")
    func additions() {
        let report = ScheduleExplorer(preemptions: 3).explore { exploration in
            let count = ModelWord(at: exploration.words(1))
            for _ in 0..<3 {
                exploration.thread { for _ in 0..<2 { count.addRelaxed(1) } }
            }
            exploration.check { exploration.expect(count.loadRelaxed() == 6, "an addition was lost") }
        }
        #expect(report.passed, "\(report)")
    }

    @Test("As many executions as there are interleavings, without merging; fewer with it")
    func counts() {
        func explore(merging: Bool) -> ExplorationReport {
            let explorer = ScheduleExplorer(preemptions: 4, staleReads: 0, mergesEqualStates: merging)
            return explorer.explore { exploration in
                let memory = exploration.words(2)
                for thread in 0..<2 {
                    exploration.thread { for _ in 0..<4 { ModelWord(at: memory + 8 * thread).addRelaxed(1) } }
                }
            }
        }
        let (all, merged) = (explore(merging: false), explore(merging: true))
        #expect(all.isExhausted && merged.isExhausted)
        #expect(all.executions > merged.executions, "\(all), \(merged)")
        #expect(merged.merged > 0)
    }

    @Test("A single thread is vacuous, and so are threads that are never interleaved")
    func vacuity() {
        let alone = ScheduleExplorer().explore { exploration in
            let word = ModelWord(at: exploration.words(1))
            exploration.thread { word.addRelaxed(1) }
        }
        #expect(alone.isVacuous && !alone.passed && alone.isExhausted)
        let apart = ScheduleExplorer().explore { exploration in
            for _ in 0..<2 { exploration.thread {} }
        }
        #expect(apart.isVacuous && !apart.passed)
    }

    @Test("The limit of executions is kept, and reported as not exhausted")
    func limit() {
        let report = ScheduleExplorer(preemptions: 3, executions: 7).explore { exploration in
            let count = ModelWord(at: exploration.words(1))
            for _ in 0..<3 { exploration.thread { for _ in 0..<4 { count.addRelaxed(1) } } }
        }
        #expect(report.executions == 7 && !report.isExhausted && !report.passed)
    }

    @Test("Threads that wait for each other are a deadlock")
    func deadlock() throws {
        let report = ScheduleExplorer().explore { exploration in
            let semaphores = [ModelSemaphore(), ModelSemaphore()]
            for number in 0..<2 {
                exploration.thread {
                    semaphores[number].wait()
                    semaphores[1 - number].signal()
                }
            }
        }
        #expect(try #require(report.failure).message.contains("deadlock: thread 1 and thread 2 wait"))
    }

    @Test("Spinning for what another thread brings ends; spinning for what nobody brings is found")
    func spinning() throws {
        func explore(brings: Bool) -> ExplorationReport {
            ScheduleExplorer().explore { exploration in
                let flag = ModelWord(at: exploration.words(1))
                exploration.thread { while flag.loadAcquiring() == 0 {} }
                exploration.thread { if brings { flag.storeReleasing(1) } else { _ = flag.loadRelaxed() } }
            }
        }
        #expect(explore(brings: true).passed)
        #expect(try #require(explore(brings: false).failure).message.contains("spins for ever"))
    }

    @Test("An error that a thread throws is a failure")
    func errors() throws {
        struct Refusal: Error {}
        let report = ScheduleExplorer().explore { exploration in
            exploration.thread("Ann") { throw Refusal() }
            exploration.thread {}
        }
        #expect(try #require(report.failure).message == "Ann threw Refusal()")
    }
}
