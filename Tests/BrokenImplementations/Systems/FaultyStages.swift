import BackpressureBenchmark
import BoundedQueues
import ConcurrencySupport

/// One line before all stages, which may forget some of what it has let in.
struct FaultyStages: StagedSystem {
    private let queue: MutexQueue<UInt64>
    private let setup: StagedSetup
    private let forgetsOneIn: UInt64

    init(_ setup: StagedSetup, capacity: Int? = nil, forgetsOneIn: UInt64 = 2) {
        self.setup = setup
        self.forgetsOneIn = forgetsOneIn
        queue = MutexQueue(capacity: capacity ?? setup.stages.map(\.capacity).min() ?? 1)
    }

    func run() async {
        while let element = await queue.pop() {
            if element % forgetsOneIn == forgetsOneIn - 1 { continue }
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

/// Remembers every client that ever came.
final class HoardedClients: ClientLimiting {
    private let clients = Lock(Set<UInt64>())
    let mostBytes: Int

    init(_ setup: ClientSetup) {
        mostBytes = 64 * setup.mostClients
    }

    func tryAcquire(client: UInt64) -> Bool { clients.withLock { $0.insert(client).inserted } }
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
