import Foundation

/// A file opened for reading from start to end, with errors that name it.
struct InputFile {
    let path: String
    private let handle: FileHandle

    /// - Throws: ``InputFileError`` if there is no such file, if it is a folder, or if it may not be read.
    init(path: String) throws(InputFileError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw InputFileError(path: path, message: "no such file")
        }
        guard !isFolder.boolValue else {
            throw InputFileError(path: path, message: "this is a folder; a file is expected")
        }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw InputFileError(path: path, message: "the file can't be opened for reading; check its permissions")
        }
        self.path = path
        self.handle = handle
    }

    /// The next bytes, at most `count`; none at the end of the file.
    func read(upToCount count: Int) throws(InputFileError) -> [UInt8] {
        do {
            return try handle.read(upToCount: count).map(Array.init) ?? []
        } catch {
            throw InputFileError(path: path, message: "the file can't be read: \(error.localizedDescription)")
        }
    }

    /// The whole text of a small file.
    ///
    /// - Throws: ``InputFileError`` if the file can't be read, is larger than `maximumBytes`, or isn't UTF-8 (at the
    ///   first byte that isn't).
    static func text(path: String, maximumBytes: Int) throws(InputFileError) -> String {
        let file = try InputFile(path: path)
        var bytes: [UInt8] = []
        while true {
            let more = try file.read(upToCount: maximumBytes + 1 - bytes.count)
            if more.isEmpty { break }
            bytes += more
            guard bytes.count <= maximumBytes else {
                throw InputFileError(path: path, message: "the file is larger than the \(maximumBytes) bytes allowed")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw firstInvalidByte(in: bytes, path: path).error("this is not UTF-8 text")
        }
        return text
    }

    private static func firstInvalidByte(in bytes: [UInt8], path: String) -> InputPlace {
        var place = (line: 1, column: 1)
        var decoder = UTF8()
        var rest = bytes.makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&rest) {
            place = scalar == "\n" ? (place.line + 1, 1) : (place.line, place.column + 1)
        }
        return InputPlace(path: path, line: place.line, column: place.column)
    }
}
