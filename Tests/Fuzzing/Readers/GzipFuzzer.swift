@testable import BackpressureBenchmark

/// The reader of packed traces, through the program that unpacks them: some hundred inputs a second.
///
/// The input from its fourth byte on is packed without compression; the first three bytes say which byte of the packed file is
/// changed, and how. Unchanged it must be read like the text; changed it may be refused but not read as something else.
enum GzipFuzzer {
    @Sendable
    static func run(_ input: [UInt8]) {
        guard input.count >= 3 else { return }
        let text = Array(input.dropFirst(3))
        var packed = packedWithoutCompression(text)
        let place = (Int(input[0]) << 8 | Int(input[1])) % packed.count
        packed[place] ^= input[2]
        guard packed.starts(with: [0x1F, 0x8B]) else { return }
        let path = ScratchFile.write(packed)
        let actual = runBlocking { () async -> Result<Trace, InputFileError> in
            do throws(InputFileError) {
                return .success(try await TraceReader.read(path: path))
            } catch {
                return .failure(error)
            }
        }
        let expected = TraceFuzzer.read(text, chunkBytes: max(1, text.count))
        switch (actual, expected) {
        case (.success(let trace), .success(let plain)): Fuzzing.expectEqual(trace, plain, "the unpacked trace")
        case (.success(let trace), .failure): Fuzzing.fail("a trace out of nothing: \(trace)")
        case (.failure(let error), .success):
            Fuzzing.expect(input[2] != 0, "what can be read plainly can't be read packed: \(error)")
        case (.failure(let error), .failure): Fuzzing.expect(!error.message.isEmpty, "an error without words")
        }
    }

    /// A gzip file of stored blocks (RFC 1951, 3.2.4; RFC 1952).
    private static func packedWithoutCompression(_ bytes: [UInt8]) -> [UInt8] {
        var packed: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        let longest = Int(UInt16.max)
        var start = 0
        repeat {
            let end = min(start + longest, bytes.count)
            let length = UInt16(end - start)
            packed.append(end == bytes.count ? 1 : 0)
            packed += littleEndian(UInt32(length) | UInt32(~length) << 16)
            packed += bytes[start..<end]
            start = end
        } while start < bytes.count
        return packed + littleEndian(checksum(bytes)) + littleEndian(UInt32(truncatingIfNeeded: bytes.count))
    }

    private static func littleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// CRC-32, bit by bit.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum = ~UInt32(0)
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }
}
