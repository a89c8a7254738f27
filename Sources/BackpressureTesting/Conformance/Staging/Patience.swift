/// How long to look on while nothing happens, before that is called a standstill.
///
/// What is waited for may come from a task that the implementation started elsewhere, so others are let run first. Sleeping
/// comes after that: only when nothing goes on, so that a check that passes never sleeps, and many that fail at once don't
/// keep the processors from each other.
struct Patience: Sendable {
    private var yields: Int
    private var sleeps: Int

    /// Half a second and more in which a task that could run would have.
    static let untilStandstill = Patience(yields: 5_000, sleeps: 500)
    /// For what is judged again with more.
    static let whileShrinking = Patience(yields: 500, sleeps: 20)
    /// For looking on without waiting for anything in particular.
    static let forAMoment = Patience(yields: 32, sleeps: 0)

    private init(yields: Int, sleeps: Int) {
        self.yields = yields
        self.sleeps = sleeps
    }

    /// Waits a little; `false`: it has been long enough.
    mutating func wait() async -> Bool {
        if yields > 0 {
            yields -= 1
            await Task.yield()
            return true
        }
        guard sleeps > 0 else { return false }
        sleeps -= 1
        // Not to be cut short where the check itself was cancelled: yielding is as good then.
        if (try? await Task.sleep(for: .milliseconds(1), tolerance: .zero)) == nil { await Task.yield() }
        return true
    }
}
