import Foundation

/// A folder that results are written to, a whole file at a time.
///
/// A file is written under a temporary name in the same folder, brought to the disk and then renamed: whoever looks sees
/// the old file or the new one, never half of one, whatever happens in between. When writing fails the temporary file is
/// removed; one that a killed process left behind is removed by the next ``init(path:)``.
package struct ResultFolder: Sendable {
    package let path: String
    private let calls: FileCalls

    /// Creates the folder, with those above it, unless it is there, and makes sure beforehand that it can be written to.
    ///
    /// - Throws: ``ResultFolderError``.
    package init(path: String) throws(ResultFolderError) {
        try self.init(path: path, calls: .system)
    }

    init(path: String, calls: FileCalls) throws(ResultFolderError) {
        self.path = path
        self.calls = calls
        try createFolder()
        removeLeftovers()
        try probe()
    }

    /// Puts `contents` into the file `name` of the folder, in place of what it held.
    ///
    /// - Throws: ``ResultFolderError``; the folder is then as it was before.
    package func write(_ contents: some Sequence<UInt8>, to name: String) throws(ResultFolderError) {
        let destination = file(name)
        guard calls.isReplaceable(destination) else { throw ResultFolderError(path: destination, cause: .notAFile) }
        let temporary = TemporaryName.make(for: name)
        do throws(SystemError) {
            try writeTemporary(Array(contents), to: file(temporary))
            do throws(SystemError) {
                try calls.rename(file(temporary), destination)
            } catch {
                calls.remove(file(temporary))
                throw error
            }
        } catch {
            throw ResultFolderError(path: destination, errno: error.code)
        }
        // The file is whole by now; that its new name outlives a power failure is more than some file systems offer.
        calls.synchronizeFolder(path)
    }

    /// Removes the file `name` if it is there.
    package func remove(_ name: String) {
        calls.remove(file(name))
    }

    /// Puts `text` into the file `name` as UTF-8; otherwise the same as for bytes.
    package func write(_ text: String, to name: String) throws(ResultFolderError) {
        try write(text.utf8, to: name)
    }

    private func writeTemporary(_ bytes: [UInt8], to path: String) throws(SystemError) {
        let descriptor = try calls.create(path)
        do throws(SystemError) {
            var open = true
            defer { if open { try? calls.close(descriptor) } }
            var written = 0
            while written < bytes.count { written += try calls.write(descriptor, bytes[written...]) }
            try calls.synchronize(descriptor)
            // Network file systems report a full disk only here.
            open = false
            try calls.close(descriptor)
        } catch {
            calls.remove(path)
            throw error
        }
    }

    private func createFolder() throws(ResultFolderError) {
        // Not by NSString's `deletingLastPathComponent`, which on Linux crashes where the component is one character.
        var folder = path.hasPrefix("/") ? "/" : ""
        for component in path.split(separator: "/") {
            folder += (folder.isEmpty || folder == "/" ? "" : "/") + component
            do {
                try calls.createFolder(folder)
            } catch {
                guard !calls.isFolder(folder) else { continue }
                throw ResultFolderError(path: folder, errno: error.code)
            }
        }
        guard calls.isFolder(path) else { throw ResultFolderError(path: path, errno: path.isEmpty ? ENOENT : ENOTDIR) }
    }

    /// Asking for permission bits would not do: they bind neither root nor a file system mounted read-only.
    private func probe() throws(ResultFolderError) {
        let path = file(TemporaryName.make(for: "probe"))
        do {
            try writeTemporary([0], to: path)
        } catch {
            throw ResultFolderError(path: self.path, errno: error.code)
        }
        calls.remove(path)
    }

    private func removeLeftovers() {
        for name in calls.names(path) where TemporaryName.isAbandoned(name) { calls.remove(file(name)) }
    }

    private func file(_ name: String) -> String {
        path.hasSuffix("/") ? path + name : path + "/" + name
    }
}

/// Names of unfinished files: hidden, one for each write, and telling whose they are.
private enum TemporaryName {
    private static let suffix = "partial"

    static func make(for name: String) -> String {
        ".\(name).\(getpid()).\(UInt64.random(in: 0 ... .max)).\(suffix)"
    }

    /// Whether the process that began to write the file is gone.
    static func isAbandoned(_ name: String) -> Bool {
        let parts = name.split(separator: ".")
        guard name.hasPrefix("."), parts.count >= 4, parts.last == suffix[...] else { return false }
        guard UInt64(parts[parts.count - 2]) != nil, let owner = pid_t(parts[parts.count - 3]), owner > 0 else {
            return false
        }
        return kill(owner, 0) != 0 && errno == ESRCH
    }
}
