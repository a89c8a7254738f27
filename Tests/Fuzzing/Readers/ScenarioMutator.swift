/// Changes scenarios and thresholds by what stands behind a key: bytes changed at random hardly ever leave YAML behind.
enum ScenarioMutator {
    private static let values = [
        "99999999999999999999", "-1", "0", "1e999", ".inf", ".nan", "0x10", "1_000", "null", "[]", "{}", "[1, a]",
        "{a: 1}", "&a 1", "*a", "\"\"", "'4294967296'", "|", "true",
    ]

    /// The text with the value of a line, or of one of a flow mapping, changed; `nil` if there is none.
    static func change(_ bytes: [UInt8], seed: UInt32) -> [UInt8]? {
        let colons = bytes.indices.filter { bytes[$0] == UInt8(ascii: ":") }
        guard !colons.isEmpty else { return nil }
        let start = colons[Int(seed >> 8) % colons.count] + 1
        let ends = [UInt8(ascii: "\n"), UInt8(ascii: ","), UInt8(ascii: "}")]
        let end = bytes[start...].firstIndex(where: ends.contains) ?? bytes.endIndex
        let value = values[Int(seed & 0xFF) % values.count]
        return bytes[..<start] + Array(" \(value)".utf8) + bytes[end...]
    }
}

@_silgen_name("LLVMFuzzerMutate")
private func mutatePlainly(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ maximumCount: Int) -> Int

/// libFuzzer's other entry point: half of the changes to YAML are ``ScenarioMutator``'s, all others libFuzzer's own.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutateInput(
    _ bytes: UnsafeMutablePointer<UInt8>,
    _ count: Int,
    _ maximumCount: Int,
    _ seed: CUnsignedInt
) -> Int {
    guard ["scenario", "thresholds"].contains(Fuzzing.chosenName), seed % 2 == 0,
        let changed = ScenarioMutator.change(Array(UnsafeBufferPointer(start: bytes, count: count)), seed: seed >> 1),
        changed.count <= maximumCount
    else { return mutatePlainly(bytes, count, maximumCount) }
    for (index, byte) in changed.enumerated() { bytes[index] = byte }
    return changed.count
}
