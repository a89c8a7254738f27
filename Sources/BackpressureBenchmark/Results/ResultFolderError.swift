import Foundation

/// Why results can't be written, with the way out.
package struct ResultFolderError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Cause: Sendable, Equatable {
        case notAFolder
        case folderInTheWay
        case notAFile
        case readOnly
        case noPermission
        case noSpace
        case other(errno: CInt)
    }

    /// The file or folder that couldn't be written.
    package var path: String
    package var cause: Cause

    package init(path: String, cause: Cause) {
        self.path = path
        self.cause = cause
    }

    init(path: String, errno code: CInt) {
        let cause: Cause =
            switch code {
            case ENOTDIR, EEXIST: .notAFolder
            case EISDIR, ENOTEMPTY: .folderInTheWay
            case EROFS: .readOnly
            case EACCES, EPERM: .noPermission
            case ENOSPC, EDQUOT: .noSpace
            default: .other(errno: code)
            }
        self.init(path: path, cause: cause)
    }

    package var description: String {
        "results can't be written to '\(path)': \(reason); choose another folder with --output DIR\(sandboxHint)"
    }

    private var reason: String {
        switch cause {
        case .notAFolder: "a file stands where a folder should be"
        case .folderInTheWay: "a folder stands where the file should be"
        case .notAFile: "a pipe or a device stands where the file should be"
        case .readOnly: "the file system is read-only"
        case .noPermission: "permission denied"
        case .noSpace: "no space left on the disk"
        case .other(let code): String(cString: strerror(code))
        }
    }

    private var sandboxHint: String {
        #if os(macOS)
        guard cause == .noPermission else { return "" }
        return ", or let the plugin out of its sandbox: swift package --allow-writing-to-package-directory benchmark"
        #else
        return ""
        #endif
    }
}
