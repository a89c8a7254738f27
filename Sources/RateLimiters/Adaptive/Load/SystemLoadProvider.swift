public import ConcurrencySupport

/// Reads the load of the machine, and of the control group that limits this process, from Linux's files.
///
/// - ``LoadSignal/cpu``: the busy share of all processors' time since the last reading (`/proc/stat`); where a control
///   group, of version 2 or 1, has a quota, the share of that which was used, if it is larger. Nothing at the first
///   reading.
/// - ``LoadSignal/memory``: the share of the machine's memory that isn't available (`/proc/meminfo`); where a control
///   group has a limit, the share of that which is in use, without file pages that the kernel would take back first, if
///   it is larger. All groups from the process's own one up to the topmost that can be seen count.
/// - ``LoadSignal/cpuPressure``, ``LoadSignal/memoryPressure``, ``LoadSignal/ioPressure``: the share of the last ten
///   seconds in which some task stood still for want of it, in the process's own control group if it says, else on the
///   machine (`/proc/pressure`).
///
/// What there is no file for, or can't be read, or isn't understood, is left out: nothing is known about it. If a limit
/// is known to exist and how much of it is in use isn't, the signal is left out, even if the machine as a whole has
/// plenty. On other systems than Linux nothing can be read.
///
/// - Complexity: a dozen small files are read, which takes some 0.1 ms in the kernel, without waiting for devices.
public final class SystemLoadProvider<ClockType: NanosecondClock>: LoadProvider {
    private let files: SystemFiles
    private let clock: ClockType
    private let last = Lock(LastReadings())

    private struct LastReadings {
        var machine: ProcessorTime?
        /// The processor time that each group had used, and when that was read, both in nanoseconds.
        var groups: [String: (used: Double, time: UInt64)] = [:]
    }

    /// A provider.
    ///
    /// - Parameters:
    ///   - root: the folder in which `proc` and the mount points of the control groups are; another one than `/` is for
    ///     tests.
    ///   - clock: what a control group's use of processor time is compared with.
    public init(root: String = "/", clock: ClockType) {
        files = SystemFiles(root: root)
        self.clock = clock
    }

    /// What can be read now.
    public func readings() -> LoadReadings {
        let groups = ControlGroups(files)
        var readings = LoadReadings()
        readings[.cpu] = cpu(groups)
        readings[.memory] = memory(groups)
        readings[.cpuPressure] = groups.pressure("cpu")
        readings[.memoryPressure] = groups.pressure("memory")
        readings[.ioPressure] = groups.pressure("io")
        return readings
    }

    private func memory(_ groups: ControlGroups) -> Double? {
        let machine = files.usedMemory()
        switch groups.usedMemory() {
        case .unlimited: return machine
        case .unknown: return nil
        case .used(let share): return max(share, machine ?? share)
        }
    }

    private func cpu(_ groups: ControlGroups) -> Double? {
        let time = clock.nanoseconds()
        let machine = files.processorTime()
        let budgets = groups.processorBudgets()
        return last.withLock { last in
            let before = last
            last.machine = machine
            var shares: [Double] = []
            if let machine, let share = machine.busyShare(since: before.machine) { shares.append(share) }
            last.groups = (budgets ?? [:]).mapValues { (used: $0.usedNanoseconds, time: time) }
            guard let budgets else { return nil }
            for (folder, budget) in budgets {
                guard let earlier = before.groups[folder], time > earlier.time else { return nil }
                let used = budget.usedNanoseconds - earlier.used
                shares.append(max(0, used) / (Double(time - earlier.time) * budget.processors))
            }
            return shares.max()
        }
    }
}

extension SystemLoadProvider where ClockType == SystemNanosecondClock {
    /// A provider that compares with the machine's monotonic clock. See ``init(root:clock:)``.
    public convenience init(root: String = "/") {
        self.init(root: root, clock: SystemNanosecondClock())
    }
}
