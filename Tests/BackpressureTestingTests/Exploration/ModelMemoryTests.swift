import BackpressureTesting
import ConcurrencySupport
import Testing

/// The classical small programs of memory models: what two threads may and may not see.
@Suite("Memory of the schedule explorer")
struct ModelMemoryTests {
    /// Two words and two threads; whether any execution ends with what must not be seen.
    private static func canSee(
        staleReads: Int = 2,
        _ first: @escaping (ModelWord, ModelWord) -> UInt,
        _ second: @escaping (ModelWord, ModelWord) -> UInt,
        _ outcome: @escaping (UInt, UInt) -> Bool
    ) -> Bool {
        let explorer = ScheduleExplorer(preemptions: 3, staleReads: staleReads)
        let report = explorer.explore { exploration in
            let memory = exploration.words(2)
            let (one, other) = (ModelWord(at: memory), ModelWord(at: memory + 8))
            let results = [exploration.thread { first(one, other) }, exploration.thread { second(one, other) }]
            exploration.check { exploration.expect(!outcome(results[0].value, results[1].value), "seen") }
        }
        #expect(!report.isVacuous || report.failure != nil)
        #expect(report.failure != nil || report.isExhausted)
        return report.failure != nil
    }

    private typealias Store = (ModelWord, UInt) -> Void
    private typealias Load = (ModelWord) -> UInt

    private static func canSeeFlagWithoutMessage(_ store: @escaping Store, _ load: @escaping Load) -> Bool {
        canSee(
            { message, flag in
                message.storeRelaxed(1)
                store(flag, 1)
                return 0
            },
            { message, flag in load(flag) == 1 ? message.loadRelaxed() : 1 },
            { _, message in message == 0 }
        )
    }

    @Test("A message is seen with its flag only if the flag is released and acquired")
    func messagePassing() {
        #expect(!Self.canSeeFlagWithoutMessage({ $0.storeReleasing($1) }, { $0.loadAcquiring() }))
        #expect(Self.canSeeFlagWithoutMessage({ $0.storeRelaxed($1) }, { $0.loadAcquiring() }))
        #expect(Self.canSeeFlagWithoutMessage({ $0.storeReleasing($1) }, { $0.loadRelaxed() }))
    }

    private static func canMissEachOther(
        _ fences: [() -> Void],
        _ store: @escaping Store,
        _ load: @escaping Load
    ) -> Bool {
        canSee(
            { one, other in
                store(one, 1)
                fences[0]()
                return load(other)
            },
            { one, other in
                store(other, 1)
                fences[1]()
                return load(one)
            },
            { $0 == 0 && $1 == 0 }
        )
    }

    @Test("Two threads that each write and then read miss each other unless total order or a pair of fences forbids it")
    func storeBuffering() {
        let nothing: () -> Void = {}
        #expect(Self.canMissEachOther([nothing, nothing], { $0.storeReleasing($1) }, { $0.loadAcquiring() }))
        let (light, heavy) = (ModelWord.lightFence, ModelWord.heavyFence)
        for (fences, isOrdered) in [
            ([light, light], false), ([light, heavy], true), ([heavy, light], true), ([heavy, heavy], true),
            ([nothing, heavy], false),
        ] {
            #expect(Self.canMissEachOther(fences, { $0.storeRelaxed($1) }, { $0.loadRelaxed() }) == !isOrdered)
        }
        #expect(
            !Self.canMissEachOther(
                [nothing, nothing],
                { $0.storeSequentiallyConsistent($1) },
                { $0.loadSequentiallyConsistent() }
            )
        )
    }

    @Test("No thread sees a word go back")
    func coherence() {
        let goesBack = Self.canSee(
            { word, _ in
                word.storeRelaxed(1)
                word.storeRelaxed(2)
                return 0
            },
            { word, _ in
                let first = word.loadRelaxed()
                return word.loadRelaxed() < first ? 1 : 0
            },
            { $1 == 1 }
        )
        #expect(!goesBack)
    }

    @Test("What was released is acquired through a relaxed addition by another")
    func releaseSequence() {
        let report = ScheduleExplorer(preemptions: 3, staleReads: 2).explore { exploration in
            let memory = exploration.words(2)
            let (message, flag) = (ModelWord(at: memory), ModelWord(at: memory + 8))
            exploration.thread {
                message.storeRelaxed(1)
                flag.storeReleasing(1)
            }
            exploration.thread { flag.addRelaxed(10) }
            exploration.thread {
                let seen = flag.loadAcquiring()
                let isReleased = seen == 1 || seen == 11
                exploration.expect(!isReleased || message.loadRelaxed() == 1, "\(seen) without its message")
            }
        }
        #expect(report.passed, "\(report)")
    }
}
