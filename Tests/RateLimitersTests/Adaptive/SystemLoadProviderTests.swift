import BackpressureTesting
import Foundation
import RateLimiters
import Testing

@Suite("The load of the system")
struct SystemLoadProviderTests {
    private let system: FixtureSystem
    private let clock = ManualClock(nanoseconds: 1_000)
    private let provider: SystemLoadProvider<ManualClock>
    private let group = "/sys/fs/cgroup/service/web"
    private let memoryGroup = "/sys/fs/cgroup/memory/web"
    private let cpuGroup = "/sys/fs/cgroup/cpu,cpuacct/web"

    init() throws {
        system = try FixtureSystem()
        provider = SystemLoadProvider(root: system.root, clock: clock)
    }

    private var memory: Double? { provider.readings()[.memory] }

    private func isNear(_ first: Double?, _ second: Double) -> Bool { first.map { abs($0 - second) < 1e-9 } ?? false }

    @Test("Where there is nothing to read, nothing is known")
    func nothing() {
        #expect(provider.readings() == LoadReadings())
        #expect(SystemLoadProvider(root: "/no/such/folder").readings() == LoadReadings())
    }

    @Test("Without control groups the machine's memory and processors count")
    func machine() throws {
        try system.memory(availableKilobytes: 250_000)
        try system.processors(busy: 1_000, idle: 3_000)
        let first = provider.readings()
        #expect(isNear(first[.memory], 0.75) && first[.cpu] == nil)
        try system.processors(busy: 1_090, idle: 3_010)
        #expect(isNear(provider.readings()[.cpu], 0.9))
        // Twice within a tick: nothing is known, and nothing is lost.
        #expect(provider.readings()[.cpu] == nil)
        try system.processors(busy: 1_100, idle: 3_100)
        #expect(isNear(provider.readings()[.cpu], 0.1))
        // Counters that begin anew.
        try system.processors(busy: 100, idle: 100)
        #expect(provider.readings()[.cpu] == nil)
        try system.processors(busy: 150, idle: 150)
        #expect(isNear(provider.readings()[.cpu], 0.5))
    }

    @Test(
        "Files that make no sense are not taken for low load",
        arguments: [
            ("/proc/meminfo", ""), ("/proc/meminfo", "MemTotal: 1000 kB\n"), ("/proc/meminfo", "MemAvailable: 10 kB\n"),
            ("/proc/meminfo", "MemTotal: 0 kB\nMemAvailable: 0 kB\n"),
            ("/proc/meminfo", "MemTotal: many kB\nMemAvailable: 10 kB\n"),
            ("/proc/meminfo", "MemTotal:\nMemAvailable:\n"), ("/proc/stat", ""), ("/proc/stat", "cpu 1 2 3\n"),
            ("/proc/stat", "cpu 1 x 3 4 5\n"), ("/proc/stat", "intr 1 2 3 4 5 6 7 8\n"),
            ("/proc/pressure/cpu", "full avg10=1.00\n"), ("/proc/pressure/cpu", "some avg10=\n"),
            ("/proc/pressure/cpu", "some avg10=nan\n"), ("/proc/pressure/cpu", "some\n"),
        ]
    )
    func malformed(path: String, text: String) throws {
        try system.write(path, text)
        _ = provider.readings()
        #expect(provider.readings() == LoadReadings())
    }

    @Test("Version 2: the share of the limit, without the file pages that would go first")
    func version2Memory() throws {
        try system.version2()
        try system.memory(availableKilobytes: 900_000)
        try system.write("\(group)/memory.max", "200000000\n")
        try system.write("\(group)/memory.current", "180000000\n")
        #expect(isNear(memory, 0.9))
        try system.write("\(group)/memory.stat", "anon 100\nfile 9\ninactive_file 40000000\nactive_file 5\n")
        #expect(isNear(memory, 0.7))
        // No limit of its own; but the group above has one.
        try system.write("\(group)/memory.max", "max\n")
        #expect(isNear(memory, 0.1))
        try system.write("/sys/fs/cgroup/service/memory.max", "400000000\n")
        try system.write("/sys/fs/cgroup/service/memory.current", "340000000\n")
        #expect(isNear(memory, 0.85))
        try system.write("\(group)/memory.high", "150000000\n")
        #expect(isNear(memory, 14.0 / 15))
        // A machine that is fuller than the group.
        try system.memory(availableKilobytes: 10_000)
        #expect(isNear(memory, 0.99))
    }

    @Test("Version 1: the share of the limit, the largest number being none")
    func version1Memory() throws {
        try system.version1()
        try system.memory(availableKilobytes: 900_000)
        try system.write("\(memoryGroup)/memory.limit_in_bytes", "9223372036854771712\n")
        #expect(isNear(memory, 0.1))
        try system.write("\(memoryGroup)/memory.usage_in_bytes", "180000000\n")
        #expect(isNear(memory, 0.1))
        try system.write("\(memoryGroup)/memory.limit_in_bytes", "200000000\n")
        #expect(isNear(memory, 0.9))
        try system.write("\(memoryGroup)/memory.stat", "cache 1\ntotal_inactive_file 20000000\n")
        #expect(isNear(memory, 0.8))
    }

    @Test("A limit that can't be understood, or whose use can't be told, leaves memory out")
    func unknownLimit() throws {
        try system.version2()
        try system.memory(availableKilobytes: 900_000)
        try system.write("\(group)/memory.max", "200000000\n")
        #expect(memory == nil)
        try system.write("\(group)/memory.current", "lots\n")
        #expect(memory == nil)
        try system.makeUnreadable("\(group)/memory.current")
        #expect(memory == nil)
        try system.write("\(group)/memory.current", "20000000\n")
        #expect(isNear(memory, 0.1))
        for limit in ["", "none\n", "-5\n", "1e9\n"] {
            try system.write("\(group)/memory.max", limit)
            #expect(memory == nil, "\(limit)")
        }
        try system.makeUnreadable("\(group)/memory.max")
        #expect(memory == nil)
        try system.write("\(group)/memory.max", nil)
        #expect(isNear(memory, 0.1))
    }

    @Test(
        "A file that this user must not read leaves memory out",
        .enabled(if: geteuid() != 0, "root may read everything")
    )
    func forbidden() throws {
        try system.version2()
        try system.memory(availableKilobytes: 900_000)
        try system.write("\(group)/memory.max", "200000000\n")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0],
            ofItemAtPath: system.root + "\(group)/memory.max"
        )
        #expect(memory == nil)
    }

    @Test("A container whose own group is mounted at the top finds its limit there")
    func container() throws {
        try system.memory(availableKilobytes: 900_000)
        try system.write("/sys/fs/cgroup/memory.max", "1000\n")
        try system.write("/sys/fs/cgroup/memory.current", "700\n")
        for (root, path) in [
            ("/", "/"), ("/docker/abc", "/docker/abc"), ("/docker/abc", "/docker/abc/"), ("/", "/../../other"),
        ] {
            try system.version2(root: root, path: path)
            #expect(isNear(memory, 0.7), "\(root) \(path)")
        }
        try system.version2(root: "/docker/abc", path: "/docker/abc/inner")
        try system.write("/sys/fs/cgroup/inner/memory.max", "1000\n")
        try system.write("/sys/fs/cgroup/inner/memory.current", "800\n")
        #expect(isNear(memory, 0.8))
    }

    @Test("A quota of processor time counts where it is used more than the machine is")
    func version2Quota() throws {
        try system.version2()
        try system.processors(busy: 1_000, idle: 1_000)
        try system.write("\(group)/cpu.max", "50000 100000\n")
        try system.write("\(group)/cpu.stat", "usage_usec 1000000\nuser_usec 1\n")
        #expect(provider.readings()[.cpu] == nil)
        // 0.4 s of the 0.5 s that a second allows; the machine is busy for a tenth.
        clock.advance(byNanoseconds: 1_000_000_000)
        try system.processors(busy: 1_010, idle: 1_090)
        try system.write("\(group)/cpu.stat", "usage_usec 1400000\nuser_usec 1\n")
        #expect(isNear(provider.readings()[.cpu], 0.8))
        clock.advance(byNanoseconds: 1_000_000_000)
        try system.processors(busy: 1_100, idle: 1_100)
        try system.write("\(group)/cpu.stat", "usage_usec 1500000\nuser_usec 1\n")
        #expect(isNear(provider.readings()[.cpu], 0.9))
        // Without a quota the machine counts alone.
        try system.write("\(group)/cpu.max", "max 100000\n")
        try system.processors(busy: 1_130, idle: 1_170)
        #expect(isNear(provider.readings()[.cpu], 0.3))
        // One that can't be understood, or whose use can't, leaves the signal out.
        for (quota, usage) in [
            ("50000\n", "usage_usec 1\n"), ("x 100000\n", "usage_usec 1\n"), ("0 0\n", "usage_usec 1\n"),
            ("50000 100000\n", "user_usec 1\n"),
        ] {
            try system.write("\(group)/cpu.max", quota)
            try system.write("\(group)/cpu.stat", usage)
            for busy in 1...2 {
                try system.processors(busy: 2_000 + busy, idle: 2_000)
                clock.advance(byNanoseconds: 1_000)
                #expect(provider.readings()[.cpu] == nil, "\(quota)")
            }
        }
    }

    @Test("Of several groups with quotas the one that has least left counts, from the second reading on")
    func severalQuotas() throws {
        try system.version2()
        let parent = "/sys/fs/cgroup/service"
        try system.write("\(group)/cpu.max", "100000 100000\n")
        try system.write("\(parent)/cpu.max", "200000 100000\n")
        for (own, all, share) in [(0, 0, nil), (500_000, 1_800_000, 0.9), (1_250_000, 2_000_000, 0.75)]
            as [(Int, Int, Double?)]
        {
            try system.write("\(group)/cpu.stat", "usage_usec \(own)\n")
            try system.write("\(parent)/cpu.stat", "usage_usec \(all)\n")
            let cpu = provider.readings()[.cpu]
            if let share { #expect(isNear(cpu, share)) } else { #expect(cpu == nil) }
            clock.advance(byNanoseconds: 1_000_000_000)
        }
    }

    @Test("Version 1 has quotas too")
    func version1Quota() throws {
        try system.version1()
        try system.write("\(cpuGroup)/cpu.cfs_quota_us", "200000\n")
        try system.write("\(cpuGroup)/cpu.cfs_period_us", "100000\n")
        try system.write("\(cpuGroup)/cpuacct.usage", "5000000000\n")
        #expect(provider.readings()[.cpu] == nil)
        clock.advance(byNanoseconds: 1_000_000_000)
        try system.write("\(cpuGroup)/cpuacct.usage", "6500000000\n")
        #expect(isNear(provider.readings()[.cpu], 0.75))
        try system.write("\(cpuGroup)/cpu.cfs_quota_us", "-1\n")
        clock.advance(byNanoseconds: 1_000_000_000)
        #expect(provider.readings()[.cpu] == nil)
    }

    @Test("Pressure is that of the process's own group, or else of the machine, and missing where the kernel has none")
    func pressure() throws {
        try system.version2()
        try system.pressure("/proc/pressure/cpu", some: 12.5)
        try system.pressure("/proc/pressure/io", some: 3)
        var readings = provider.readings()
        #expect(isNear(readings[.cpuPressure], 0.125) && isNear(readings[.ioPressure], 0.03))
        #expect(readings[.memoryPressure] == nil)
        try system.pressure("\(group)/cpu.pressure", some: 40)
        try system.makeUnreadable("\(group)/io.pressure")
        readings = provider.readings()
        #expect(isNear(readings[.cpuPressure], 0.4) && readings[.ioPressure] == nil)
    }

    #if os(Linux)
    @Test("Of this machine at least the memory can be read")
    func thisMachine() throws {
        let readings = SystemLoadProvider().readings()
        let memory = try #require(readings[.memory])
        #expect(memory > 0 && memory <= 1)
    }
    #endif
}
