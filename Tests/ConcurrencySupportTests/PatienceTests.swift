import Testing

@testable import ConcurrencySupport

@Suite("The patience of whoever is about to wait")
struct PatienceTests {
    /// Looks for something that is there when asked for the `successAt`th time; how often it was asked for.
    private func asks(_ patience: Patience<HardwareWord>, isAlone: Bool = true, successAt: Int = .max) -> Int {
        var asked = 0
        let found = patience.look(isAlone: isAlone) { () -> Int? in
            asked += 1
            return asked == successAt ? 7 : nil
        }
        #expect(found == (successAt <= asked ? 7 : nil))
        return asked
    }

    private func withPatience(_ body: (Patience<HardwareWord>) -> Void) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)
        defer { memory.deallocate() }
        let word = HardwareWord(at: memory)
        word.initialize(to: 0)
        body(Patience(word))
    }

    @Test("After each look in vain twice as many are short, up to a number")
    func vainLooksBecomeRare() {
        withPatience { patience in
            let long = asks(patience)
            var pauses: [Int] = []
            var short = 0
            for _ in 0..<300 {
                let asked = asks(patience)
                #expect(asked == long || asked * 8 < long, "\(asked)")
                if asked == long {
                    pauses.append(short)
                    short = 0
                } else {
                    short += 1
                }
            }
            #expect(pauses == [1, 2, 4, 8, 16, 32, 64, 64, 64])
        }
    }

    @Test("As long as looks end well they stay long, and one that does makes up for all before")
    func successMakesPatient() {
        withPatience { patience in
            let long = asks(patience)
            for _ in 0..<20 { _ = asks(patience) }
            let isPatientAgain = (0..<100).contains { _ in asks(patience, successAt: 100) == 100 }
            #expect(isPatientAgain)
            for _ in 0..<10 { #expect(asks(patience, successAt: 100) == 100) }
            #expect(asks(patience) == long)
            #expect(asks(patience) < long)
            #expect(asks(patience) == long)
        }
    }

    @Test("Whoever isn't alone looks shortly, and that says nothing about long looks")
    func othersAreImpatient() {
        withPatience { patience in
            let short = asks(patience, isAlone: false)
            #expect(asks(patience, isAlone: false, successAt: 2) == 2)
            #expect(asks(patience) > 8 * short)
        }
    }
}
