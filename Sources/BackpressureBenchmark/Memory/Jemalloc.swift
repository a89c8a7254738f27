import CJemalloc
import Synchronization

/// jemalloc's own accounting of this process. Linked dynamically, jemalloc replaces malloc, for Swift's runtime too.
///
/// `stats.allocated` counts what sits in thread caches as allocated; the child processes that account memory run with
/// `MALLOC_CONF=tcache:false`, which makes every figure here exact and some speed irrelevant.
enum Jemalloc {
    /// One reading of the gauges, in bytes.
    struct Gauges: Codable, Sendable, Equatable {
        /// In live allocations.
        var allocated: Int
        /// In pages that hold live allocations.
        var active: Int
        /// In pages that are physically resident.
        var resident: Int
        /// In jemalloc's own bookkeeping.
        var metadata: Int
    }

    /// Everything that was ever allocated.
    struct Totals: Sendable, Equatable {
        var allocations: Int
        var bytes: Int
    }

    /// jemalloc's version without its commit; `nil` if the process doesn't run on jemalloc.
    static var version: String? {
        var text: UnsafePointer<CChar>?
        var size = MemoryLayout.size(ofValue: text)
        guard mallctl("version", &text, &size, nil, 0) == 0, let text else { return nil }
        return String(cString: text).split(separator: "-").first.map(String.init)
    }

    /// Whether the figures mean anything: not under a sanitizer, which brings its own malloc and leaves all of them 0.
    static let isAccounting: Bool = {
        let probe = UnsafeMutableRawPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { probe.deallocate() }
        return (gauges()?.allocated ?? 0) >= 1 << 20
    }()

    /// The gauges now; `nil` if jemalloc can't be asked. Some microseconds.
    static func gauges() -> Gauges? {
        guard refresh() else { return nil }
        guard let allocated = read(allocatedName), let active = read(activeName), let resident = read(residentName),
            let metadata = read(metadataName)
        else { return nil }
        return Gauges(allocated: allocated, active: active, resident: resident, metadata: metadata)
    }

    /// The totals now. Exact only without thread caches. Some ten microseconds.
    static func totals() -> Totals? {
        guard refresh(), let sizeClasses else { return nil }
        var totals = Totals(allocations: 0, bytes: 0)
        for sizeClass in sizeClasses {
            guard let count = read(sizeClass.allocations) else { return nil }
            totals.allocations += count
            totals.bytes += count * sizeClass.bytes
        }
        return totals
    }

    /// What this thread has allocated since it began, in bytes: exact, whatever it keeps for reuse. `nil` if jemalloc can't
    /// be asked. Well below a microsecond.
    static func allocatedByThisThread() -> Int? { read(threadAllocatedName) }

    /// The bytes that an allocation of `byteCount` really takes.
    static func allocationSize(_ byteCount: Int) -> Int {
        nallocx(max(1, byteCount), 0)
    }

    // MARK: - Names, translated once

    private struct Name: Sendable {
        let parts: [Int]
        init?(_ name: String) {
            var parts = [Int](repeating: 0, count: name.utf8.count { $0 == 0x2E } + 1)
            var count = parts.count
            guard mallctlnametomib(name, &parts, &count) == 0 else { return nil }
            self.parts = parts
        }
    }

    private struct SizeClass: Sendable {
        let bytes: Int
        let allocations: Name
    }

    private static let epochName = Name("epoch")
    private static let allocatedName = Name("stats.allocated")
    private static let activeName = Name("stats.active")
    private static let residentName = Name("stats.resident")
    private static let metadataName = Name("stats.metadata")
    private static let threadAllocatedName = Name("thread.allocated")

    private static let sizeClasses: [SizeClass]? = {
        func classes(_ countName: String, size: (Int) -> String, allocations: (Int) -> String) -> [SizeClass]? {
            guard let name = Name(countName), let count = read32(name) else { return nil }
            var classes: [SizeClass] = []
            for index in 0..<count {
                guard let sizeName = Name(size(index)), let bytes = read(sizeName),
                    let allocationsName = Name(allocations(index))
                else { return nil }
                classes.append(SizeClass(bytes: bytes, allocations: allocationsName))
            }
            return classes
        }
        let all = backpressureAllArenas
        guard
            let small = classes(
                "arenas.nbins",
                size: { "arenas.bin.\($0).size" },
                allocations: { "stats.arenas.\(all).bins.\($0).nmalloc" }
            ),
            let large = classes(
                "arenas.nlextents",
                size: { "arenas.lextent.\($0).size" },
                allocations: { "stats.arenas.\(all).lextents.\($0).nmalloc" }
            )
        else { return nil }
        return small + large
    }()

    /// `MALLCTL_ARENAS_ALL`.
    private static let backpressureAllArenas = 4096

    private static func refresh() -> Bool {
        guard let epochName else { return false }
        var epoch: UInt64 = 1
        return epochName.parts.withUnsafeBufferPointer {
            mallctlbymib($0.baseAddress, $0.count, nil, nil, &epoch, MemoryLayout<UInt64>.size) == 0
        }
    }

    private static func read(_ name: Name?) -> Int? {
        guard let name else { return nil }
        var value = 0
        var size = MemoryLayout<Int>.size
        let status = name.parts.withUnsafeBufferPointer {
            mallctlbymib($0.baseAddress, $0.count, &value, &size, nil, 0)
        }
        return status == 0 ? value : nil
    }

    /// For the few values that are 32-bit unsigned.
    private static func read32(_ name: Name) -> Int? {
        var value: UInt32 = 0
        var size = MemoryLayout<UInt32>.size
        let status = name.parts.withUnsafeBufferPointer {
            mallctlbymib($0.baseAddress, $0.count, &value, &size, nil, 0)
        }
        return status == 0 ? Int(value) : nil
    }
}
