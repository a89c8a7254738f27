import Foundation

/// A system call that failed.
struct SystemError: Error {
    /// An `errno` value.
    var code: CInt
}

/// The system calls that writing a file takes, so that tests can make each of them fail.
struct FileCalls: Sendable {
    /// Creates the file at a path, which mustn't exist, for writing.
    var create: @Sendable (String) throws(SystemError) -> CInt
    /// Writes some of the bytes, and says how many.
    var write: @Sendable (CInt, ArraySlice<UInt8>) throws(SystemError) -> Int
    /// Brings what was written to the disk.
    var synchronize: @Sendable (CInt) throws(SystemError) -> Void
    var close: @Sendable (CInt) throws(SystemError) -> Void
    var rename: @Sendable (_ from: String, _ to: String) throws(SystemError) -> Void
    var createFolder: @Sendable (String) throws(SystemError) -> Void
    /// Whether a folder stands at a path, or a link to one.
    var isFolder: @Sendable (String) -> Bool
    /// Whether nothing stands at a path, or something that a file may take the place of: no pipe and no device.
    var isReplaceable: @Sendable (String) -> Bool
    /// The names in a folder; none if it can't be read.
    var names: @Sendable (String) -> [String]
    /// Removes a file if it can: there is nobody to tell, for something worse is being told.
    var remove: @Sendable (String) -> Void
    /// Brings a folder's names to the disk where that is possible.
    var synchronizeFolder: @Sendable (String) -> Void

    static let system = FileCalls(
        create: { path throws(SystemError) in
            let readableByAll: mode_t = 0o644
            return try retrying { Foundation.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, readableByAll) }
        },
        write: { descriptor, bytes throws(SystemError) in
            try retrying { bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) } }
        },
        synchronize: { descriptor throws(SystemError) in
            do throws(SystemError) {
                _ = try retrying { fsync(descriptor) }
            } catch {
                // These mean a file that isn't on a disk, a pipe for example.
                guard error.code == EINVAL || error.code == ENOTSUP else { throw error }
            }
        },
        close: { descriptor throws(SystemError) in
            // Not retried: the descriptor is gone even if a signal came in between.
            guard Foundation.close(descriptor) == 0 || errno == EINTR else { throw SystemError(code: errno) }
        },
        rename: { from, to throws(SystemError) in
            guard Foundation.rename(from, to) == 0 else { throw SystemError(code: errno) }
        },
        createFolder: { path throws(SystemError) in
            let openToAll: mode_t = 0o755
            guard mkdir(path, openToAll) == 0 else { throw SystemError(code: errno) }
        },
        isFolder: { path in
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        },
        isReplaceable: { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return true }
            return [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
        },
        names: { path in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] },
        remove: { path in _ = unlink(path) },
        synchronizeFolder: { path in
            let descriptor = Foundation.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { return }
            _ = fsync(descriptor)
            _ = Foundation.close(descriptor)
        }
    )

    /// Repeats a call that a signal interrupted before it had done anything.
    private static func retrying<Result: SignedInteger>(_ call: () -> Result) throws(SystemError) -> Result {
        while true {
            let result = call()
            if result >= 0 { return result }
            guard errno == EINTR else { throw SystemError(code: errno) }
        }
    }
}
