import BackpressureBenchmark
import BoundedQueues

/// One line before all stages, which forgets half of what it has let in.
struct FaultyStages: StagedSystem {
    private let queue: MutexQueue<UInt64>
    private let setup: StagedSetup

    init(_ setup: StagedSetup) {
        self.setup = setup
        queue = MutexQueue(capacity: setup.stages.map(\.capacity).min() ?? 1)
    }

    func run() async {
        while let element = await queue.pop() {
            if !element.isMultiple(of: 2) { continue }
            do {
                for stage in setup.stages.indices { try await setup.work(stage, element) }
            } catch {
                setup.deadLetter(element)
            }
        }
    }

    func offer(_ element: UInt64) async -> Bool { queue.tryPush(element).isAccepted }

    func finish() async { queue.close() }

    var bottleneck: String? { nil }
}

/// Lets everybody in.
struct OpenDoor: LimitSystem {
    func attempt(_ work: @Sendable () async -> Void) async -> Bool {
        await work()
        return true
    }

    var limit: Int? { nil }
}

/// Counts nothing.
struct ForgetfulRecorder: RecordingSystem {
    func record(nanoseconds: UInt64) {}

    func read() async -> UInt64 { 0 }
}
