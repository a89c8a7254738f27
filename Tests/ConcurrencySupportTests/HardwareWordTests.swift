import ConcurrencySupport
import Foundation
import Testing

@Suite("Atomic word of the machine")
struct HardwareWordTests {
    @Test("Every operation does what it says")
    func operations() {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)
        defer { memory.deallocate() }
        let word = HardwareWord(at: memory)
        word.initialize(to: 5)
        #expect(word.loadRelaxed() == 5)
        word.storeReleasing(6)
        #expect(word.loadAcquiring() == 6)
        #expect(word.compareExchangeSequentiallyConsistent(expected: 5, desired: 9) == (false, 6))
        #expect(word.compareExchangeSequentiallyConsistent(expected: 6, desired: 9) == (true, 6))
        #expect(word.weakCompareExchangeSequentiallyConsistent(expected: 8, desired: 1) == (false, 9))
        #expect(word.fetchOrSequentiallyConsistent(2) == 9)
        #expect(word.loadSequentiallyConsistent() == 11)
        word.addRelaxed(0 &- 11)
        word.addSequentiallyConsistent(0 &- 1)
        #expect(HardwareWord(at: memory).loadRelaxed() == .max)
    }

    #if os(Linux) && arch(x86_64)
    @Test("Slots are fetched ahead on Intel's processors, and on no others")
    func fetchingAhead() throws {
        let processors = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
        #expect(HardwareWord.gainsByFetchingAhead == processors.contains("GenuineIntel"))
    }
    #endif
}
