import Foundation

/// A folder with files as Linux has them, removed when it is let go.
final class FixtureSystem {
    let root: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "backpressure-\(UUID().uuidString)")
        root = folder.path(percentEncoded: false)
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Writes a file; `nil` removes it.
    func write(_ path: String, _ text: String?) throws {
        let url = URL(filePath: root + path)
        guard let text else { return try FileManager.default.removeItem(at: url) }
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try? FileManager.default.removeItem(at: url)
        try Data(text.utf8).write(to: url)
    }

    /// Puts a folder in a file's place: it is there and can't be read, even by root.
    func makeUnreadable(_ path: String) throws {
        try? FileManager.default.removeItem(atPath: root + path)
        try FileManager.default.createDirectory(atPath: root + path, withIntermediateDirectories: true)
    }

    /// A machine with 1 000 000 kB of memory, of which so much can be had.
    func memory(availableKilobytes: Int) throws {
        let lines = [
            "MemTotal:        1000000 kB", "MemFree:  1 kB", "MemAvailable:   \(availableKilobytes) kB", "Dirty: 0 kB",
        ]
        try write("/proc/meminfo", lines.joined(separator: "\n") + "\n")
    }

    /// Processors that have been busy and idle for so many ticks; half of the idle time waiting for disks, and half of
    /// what users had for guests, which is part of that.
    func processors(busy: Int, idle: Int) throws {
        let user = busy - 30
        let ticks = [user, 5, 10, idle - idle / 2, idle / 2, 5, 5, 5, user / 2, 2].map(String.init)
        try write("/proc/stat", "cpu  \(ticks.joined(separator: " "))\ncpu0 1 2 3 4 5 6 7 8 0 0\nintr 12345 0\n")
    }

    func pressure(_ path: String, some: Double) throws {
        let full = "full avg10=99.00 avg60=99.00 avg300=99.00 total=1"
        try write(path, "some avg10=\(some) avg60=99.00 avg300=99.00 total=123\n\(full)\n")
    }

    /// A process in the group `/service/web` of version 2.
    func version2(root: String = "/", path: String = "/service/web") throws {
        try write("/proc/self/cgroup", "0::\(path)\n")
        let mounts = [
            "22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw",
            "30 23 0:26 \(root) /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate",
        ]
        try write("/proc/self/mountinfo", mounts.joined(separator: "\n") + "\n")
    }

    /// A process in groups of version 1, beside an empty hierarchy of version 2, as systemd makes it.
    func version1() throws {
        let groups = ["9:name=systemd:/", "4:memory:/web", "2:cpu,cpuacct:/web", "0::/"]
        try write("/proc/self/cgroup", groups.joined(separator: "\n") + "\n")
        let mounts = [
            "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
            "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
            "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
        ]
        try write("/proc/self/mountinfo", mounts.joined(separator: "\n") + "\n")
    }
}
