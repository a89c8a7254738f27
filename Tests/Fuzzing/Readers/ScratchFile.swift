import Foundation

/// The file that readers of files are given: one for this process, written anew for each input.
enum ScratchFile {
    private static let path: String = {
        let path = FileManager.default.temporaryDirectory.path + "/backpressure-fuzzing-\(getpid())"
        atexit { unlink(ScratchFile.path) }
        return path
    }()

    static func write(_ bytes: [UInt8]) -> String {
        guard let file = fopen(path, "w") else { Fuzzing.fail("can't write to \(path)") }
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else { Fuzzing.fail("can't write to \(path)") }
        return path
    }
}
