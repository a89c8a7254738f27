import Testing

@testable import BackpressureBenchmark

/// Other tests allocate at the same time, so differences are judged by sizes that nothing else here comes near.
@Suite("jemalloc's accounting", .enabled(if: Jemalloc.isAccounting, "a sanitizer brings its own malloc"))
struct JemallocTests {
    private let block = 256 << 20

    @Test("sees an allocation come and go")
    func gauges() throws {
        let before = try #require(Jemalloc.gauges())
        let memory = UnsafeMutableRawPointer.allocate(byteCount: block, alignment: 16)
        let during = try #require(Jemalloc.gauges())
        memory.deallocate()
        let after = try #require(Jemalloc.gauges())
        #expect(during.allocated - before.allocated > block / 2)
        #expect(during.active - before.active > block / 2)
        #expect(during.allocated - after.allocated > block / 2)
        #expect(before.metadata > 0 && before.resident > 0)
    }

    @Test("counts allocations and their bytes for good")
    func totals() throws {
        let count = 4
        let before = try #require(Jemalloc.totals())
        for _ in 0..<count { UnsafeMutableRawPointer.allocate(byteCount: block, alignment: 16).deallocate() }
        let after = try #require(Jemalloc.totals())
        #expect(after.allocations - before.allocations >= count)
        #expect(after.bytes - before.bytes >= count * block)
        #expect(after.bytes - before.bytes < (count + 1) * block)
    }

    @Test("knows what an allocation really takes")
    func sizes() {
        #expect(Jemalloc.allocationSize(0) >= 1)
        for size in [1, 8, 100, 4_096, 5_000, 1 << 20] {
            let taken = Jemalloc.allocationSize(size)
            #expect(taken >= size && taken <= max(16, size * 5 / 4))
        }
    }

    @Test("tells its version")
    func version() throws {
        let version = try #require(Jemalloc.version)
        #expect(version.split(separator: ".").count == 3 && version.allSatisfy { $0.isNumber || $0 == "." })
    }
}
