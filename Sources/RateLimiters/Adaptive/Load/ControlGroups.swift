/// The control groups of this process, its own and those above it, and what they allow it.
struct ControlGroups {
    enum Memory {
        /// There is no limit.
        case unlimited
        /// There is one, or may be, and how much of it is in use can't be told.
        case unknown
        /// The share of the tightest limit that is in use.
        case used(Double)
    }

    /// What a group may use of the processors, and has used.
    struct ProcessorBudget {
        var processors: Double
        var usedNanoseconds: Double
    }

    private let files: SystemFiles
    /// Lines of `/proc/self/cgroup`: number, controllers, path.
    private let memberships: [(number: Substring, controllers: [Substring], path: String)]
    private let mounts: [Mount]

    private struct Mount {
        /// The folder of the file system that is mounted.
        var root: String
        var point: String
        var isVersion2: Bool
        var controllers: [Substring]
    }

    /// A hierarchy's version, and its folders from the process's own one upwards.
    private struct Hierarchy {
        var isVersion2: Bool
        var folders: [String]
    }

    init(_ files: SystemFiles) {
        self.files = files
        let lines = files.read("/proc/self/cgroup").text?.split(separator: "\n") ?? []
        memberships = lines.compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            return parts.count == 3 ? (parts[0], parts[1].split(separator: ","), String(parts[2])) : nil
        }
        let mountLines = files.read("/proc/self/mountinfo").text?.split(separator: "\n") ?? []
        mounts = mountLines.compactMap { line in
            // number parent device root point options … - type source options
            let words = line.split(separator: " ")
            guard let dash = words.firstIndex(of: "-"), dash >= 5, words.count > dash + 3 else { return nil }
            let isVersion2 = words[dash + 1] == "cgroup2"
            guard isVersion2 || words[dash + 1] == "cgroup" else { return nil }
            return Mount(
                root: String(words[3]),
                point: String(words[4]),
                isVersion2: isVersion2,
                controllers: words[dash + 3].split(separator: ",")
            )
        }
    }

    /// How much of the tightest memory limit is in use.
    func usedMemory() -> Memory {
        guard let hierarchy = hierarchy(of: "memory") else { return .unlimited }
        var largest: Double?
        for folder in hierarchy.folders {
            let limits =
                hierarchy.isVersion2
                ? [limit("\(folder)/memory.max"), limit("\(folder)/memory.high")]
                : [limit("\(folder)/memory.limit_in_bytes")]
            if limits.contains(.unknown) { return .unknown }
            guard let limit = limits.compactMap(\.bytes).min() else { continue }
            let usage = hierarchy.isVersion2 ? "memory.current" : "memory.usage_in_bytes"
            guard let used = files.read("\(folder)/\(usage)").text?.trimmed.nonnegativeNumber else { return .unknown }
            // Pages of files that weren't used lately are given up before anyone feels it.
            let statistics = files.read("\(folder)/memory.stat").text
            let cache = statistics?.number(after: hierarchy.isVersion2 ? "inactive_file" : "total_inactive_file") ?? 0
            let share = limit > 0 ? max(0, used - cache) / limit : 1
            largest = max(share, largest ?? 0)
        }
        return largest.map(Memory.used) ?? .unlimited
    }

    /// The groups with a quota of processor time, by folder; `nil`: there may be one, and it or its use can't be told.
    func processorBudgets() -> [String: ProcessorBudget]? {
        guard let hierarchy = hierarchy(of: "cpu") else { return [:] }
        // Version 1 counts what is used in a hierarchy of its own, often but not always the same one.
        let accounts = hierarchy.isVersion2 ? hierarchy : self.hierarchy(of: "cpuacct")
        var budgets: [String: ProcessorBudget] = [:]
        for (index, folder) in hierarchy.folders.enumerated() {
            switch hierarchy.isVersion2 ? quota(inVersion2: folder) : quota(inVersion1: folder) {
            case .unlimited: continue
            case .unknown: return nil
            case .limited(let processors):
                guard let accounts, index < accounts.folders.count else { return nil }
                guard let used = usedNanoseconds(accounts.folders[index], accounts.isVersion2) else { return nil }
                budgets[folder] = ProcessorBudget(processors: processors, usedNanoseconds: used)
            }
        }
        return budgets
    }

    /// A pressure in the process's own group if it says, else on the machine.
    func pressure(_ resource: String) -> Double? {
        if let folder = hierarchy(version2: true, controller: nil)?.folders.first {
            switch files.pressure("\(folder)/\(resource).pressure") {
            case .share(let share): return share
            case .unreadable: return nil
            case .missing: break
            }
        }
        guard case .share(let share) = files.pressure("/proc/pressure/\(resource)") else { return nil }
        return share
    }

    private func usedNanoseconds(_ folder: String, _ isVersion2: Bool) -> Double? {
        isVersion2
            ? files.read("\(folder)/cpu.stat").text?.number(after: "usage_usec").map { $0 * 1_000 }
            : files.read("\(folder)/cpuacct.usage").text?.trimmed.nonnegativeNumber
    }

    private enum Quota {
        case unlimited
        case unknown
        case limited(Double)

        init(quota: Double?, period: Double?) {
            guard let quota, let period, quota > 0, period > 0 else {
                self = .unknown
                return
            }
            self = .limited(quota / period)
        }
    }

    private func quota(inVersion2 folder: String) -> Quota {
        switch files.read("\(folder)/cpu.max") {
        case .missing: return .unlimited
        case .unreadable: return .unknown
        case .text(let text):
            let words = text.split(whereSeparator: \.isWhitespace)
            if words.first == "max" { return .unlimited }
            guard words.count == 2 else { return .unknown }
            return Quota(quota: words[0].nonnegativeNumber, period: words[1].nonnegativeNumber)
        }
    }

    private func quota(inVersion1 folder: String) -> Quota {
        switch files.read("\(folder)/cpu.cfs_quota_us") {
        case .missing: return .unlimited
        case .unreadable: return .unknown
        case .text(let text):
            if text.trimmed == "-1" { return .unlimited }
            let period = files.read("\(folder)/cpu.cfs_period_us").text?.trimmed.nonnegativeNumber
            return Quota(quota: text.trimmed.nonnegativeNumber, period: period)
        }
    }

    private enum Limit: Equatable {
        case none
        case unknown
        case bytes(Double)

        var bytes: Double? {
            guard case .bytes(let bytes) = self else { return nil }
            return bytes
        }
    }

    private func limit(_ path: String) -> Limit {
        switch files.read(path) {
        case .missing: return .none
        case .unreadable: return .unknown
        case .text(let text):
            let word = text.trimmed
            if word == "max" { return .none }
            guard let bytes = word.nonnegativeNumber else { return .unknown }
            // Version 1 writes no limit as the largest number of whole pages.
            return bytes >= 0x1p60 ? .none : .bytes(bytes)
        }
    }

    /// Where a controller's groups are: in version 1 if this process has one there, else in version 2.
    private func hierarchy(of controller: String) -> Hierarchy? {
        hierarchy(version2: false, controller: controller) ?? hierarchy(version2: true, controller: nil)
    }

    private func hierarchy(version2: Bool, controller: String?) -> Hierarchy? {
        let membership = memberships.first { number, controllers, _ in
            controller.map { controllers.contains($0[...]) } ?? (number == "0" && controllers.isEmpty)
        }
        let mount = mounts.first { mount in
            mount.isVersion2 == version2 && (controller.map { mount.controllers.contains($0[...]) } ?? true)
        }
        guard let membership, let mount else { return nil }
        return Hierarchy(isVersion2: version2, folders: folders(membership.path, below: mount))
    }

    /// A container may see its own group as the top of the hierarchy while its path names it as the host does.
    private func folders(_ path: String, below mount: Mount) -> [String] {
        var path = path[...]
        if mount.root != "/", path == mount.root || path.hasPrefix(mount.root + "/") {
            path = path.dropFirst(mount.root.count)
        }
        var names = path.split(separator: "/")
        // The group is outside of what can be seen.
        if names.contains("..") { names = [] }
        return (0...names.count).reversed().map { count in
            ([mount.point[...]] + names.prefix(count)).joined(separator: "/")
        }
    }
}
