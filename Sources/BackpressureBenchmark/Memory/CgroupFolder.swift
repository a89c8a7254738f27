import Foundation

/// A control group of our own, with a memory limit, for one child process.
struct CgroupFolder: Sendable {
    let path: String
    private let method: MemoryCap.Method

    /// Makes a group below this process's own one, or below the hierarchy's root, and sets its limit.
    ///
    /// - Throws: ``CgroupError`` if this machine has no such hierarchy or it can't be written.
    init(method: MemoryCap.Method, capBytes: Int) throws {
        guard let hierarchy = CgroupHierarchy(method: method) else {
            throw CgroupError("this machine has no \(method.rawValue) hierarchy with a memory controller")
        }
        try self.init(in: hierarchy, capBytes: capBytes)
    }

    /// The same in a hierarchy that was found before.
    ///
    /// - Parameter files: how its files are opened for writing. The kernel makes them with the group; a folder that only
    ///   stands for one needs `O_CREAT`.
    init(in hierarchy: CgroupHierarchy, capBytes: Int, files: Int32 = 0) throws {
        let method = hierarchy.method
        func write(_ text: String, to path: String) throws { try put(text, into: path, flags: files) }
        var lastError = CgroupError("no writable folder in \(hierarchy.root)")
        for parent in hierarchy.candidates {
            let path = "\(parent)/backpressure-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
            do {
                if method == .cgroupV2 { try? write("+memory", to: "\(parent)/cgroup.subtree_control") }
                guard mkdir(path, 0o755) == 0 else { throw CgroupError.last("cannot make \(path)") }
                do {
                    switch method {
                    case .cgroupV2:
                        try write("\(capBytes)", to: "\(path)/memory.max")
                        try? write("0", to: "\(path)/memory.swap.max")
                    case .cgroupV1:
                        try write("\(capBytes)", to: "\(path)/memory.limit_in_bytes")
                        try? write("\(capBytes)", to: "\(path)/memory.memsw.limit_in_bytes")
                    case .extentHooks:
                        throw CgroupError("extent hooks need no cgroup")
                    }
                } catch {
                    rmdir(path)
                    throw error
                }
                self.path = path
                self.method = method
                return
            } catch let error as CgroupError {
                lastError = error
            }
        }
        throw lastError
    }

    /// Moves this process into a group.
    static func enter(_ path: String) throws {
        try put("0", into: "\(path)/cgroup.procs")
    }

    /// How many processes of the group the kernel killed for want of memory; `nil`: it doesn't say.
    var oomKills: Int? {
        let file = method == .cgroupV2 ? "memory.events" : "memory.oom_control"
        guard let text = try? String(contentsOfFile: "\(path)/\(file)", encoding: .utf8) else { return nil }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "oom_kill" { return Int(words[1]) }
        }
        return nil
    }

    /// The most memory the group ever used, in bytes; `nil`: the kernel doesn't say.
    var peakBytes: Int? {
        let file = method == .cgroupV2 ? "memory.peak" : "memory.max_usage_in_bytes"
        guard let text = try? String(contentsOfFile: "\(path)/\(file)", encoding: .utf8) else { return nil }
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Removes the group; its processes must have ended. The kernel may need a moment to notice that they have.
    func remove() {
        for _ in 0..<100 {
            if rmdir(path) == 0 || errno == ENOENT { return }
            usleep(2_000)
        }
    }
}

/// Where the groups of one kind live on this machine.
struct CgroupHierarchy: Sendable {
    let method: MemoryCap.Method
    let root: String
    /// This process's own folder in it.
    private let ownFolder: String

    /// `nil`: this machine has none, or none that accounts for memory.
    init?(method: MemoryCap.Method) {
        guard let mounts = try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8),
            let groups = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)
        else { return nil }
        self.init(method: method, mounts: mounts, groups: groups)
    }

    /// The same by what the kernel says in those two files.
    init?(method: MemoryCap.Method, mounts: String, groups: String) {
        self.method = method
        let mount = mounts.split(separator: "\n").map { $0.split(separator: " ") }.first { fields in
            guard fields.count >= 4 else { return false }
            switch method {
            case .cgroupV2: return fields[2] == "cgroup2"
            case .cgroupV1: return fields[2] == "cgroup" && fields[3].split(separator: ",").contains("memory")
            case .extentHooks: return false
            }
        }
        guard let mount else { return nil }
        root = String(mount[1])
        if method == .cgroupV2 {
            let controllers = try? String(contentsOfFile: "\(root)/cgroup.controllers", encoding: .utf8)
            guard controllers?.split(whereSeparator: \.isWhitespace).contains("memory") == true else { return nil }
        }
        let entries = groups.split(separator: "\n").map { $0.split(separator: ":", omittingEmptySubsequences: false) }
        let own = entries.first {
            guard $0.count >= 3 else { return false }
            return method == .cgroupV2 ? $0[0] == "0" : $0[1].split(separator: ",").contains("memory")
        }
        ownFolder = own.map { $0[2...].joined(separator: ":") } ?? "/"
    }

    /// A group below our own inherits our limits, so that is tried first.
    var candidates: [String] {
        ownFolder == "/" ? [root] : [root + ownFolder, root]
    }
}

/// A cgroup that could not be made or entered.
struct CgroupError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    static func last(_ what: String) -> CgroupError {
        CgroupError("\(what): \(String(cString: strerror(errno)))")
    }
}

private func put(_ text: String, into path: String, flags: Int32 = 0) throws {
    let file = open(path, O_WRONLY | O_CLOEXEC | flags, 0o644)
    guard file >= 0 else { throw CgroupError.last("cannot open \(path)") }
    defer { close(file) }
    guard Foundation.write(file, text, text.utf8.count) == text.utf8.count else {
        throw CgroupError.last("cannot write to \(path)")
    }
}
