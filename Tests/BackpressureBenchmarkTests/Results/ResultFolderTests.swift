import Foundation
import Synchronization
import Testing

@testable import BackpressureBenchmark

@Suite("Result folder")
struct ResultFolderTests {
    @Test("It makes the folder with those above it, and puts whole files in place of old ones")
    func writes() async throws {
        try await withTemporaryFolder { root in
            let folder = try ResultFolder(path: root + "/results/latest")
            try folder.write("first, and longer", to: "samples.csv")
            try folder.write("second", to: "samples.csv")
            try folder.write(Data([0, 255]), to: "raw")
            try folder.write("", to: "empty")
            #expect(try names(in: folder.path) == ["empty", "raw", "samples.csv"])
            #expect(try text(folder.path + "/samples.csv") == "second")
            #expect(try Data(contentsOf: URL(filePath: folder.path + "/raw")) == Data([0, 255]))
            #expect(try text(ResultFolder(path: folder.path + "/").path + "samples.csv") == "second")
        }
    }

    @Test("It makes the folders on the way one by one, whatever they are called")
    func ways() throws {
        let ways: [(String, [String])] = [
            ("z", ["z"]), ("./é/", [".", "./é"]), ("a/b", ["a", "a/b"]), ("/c//d", ["/c", "/c/d"]), ("..", [".."]),
        ]
        for (path, folders) in ways {
            let made = Mutex<[String]>([])
            var calls = FileCalls.system
            calls.createFolder = { folder throws(SystemError) in made.withLock { $0.append(folder) } }
            calls.isFolder = { _ in true }
            calls.create = { _ throws(SystemError) in throw SystemError(code: EROFS) }
            #expect(throws: ResultFolderError.self) { try ResultFolder(path: path, calls: calls) }
            #expect(made.withLock(\.self) == folders)
        }
    }

    @Test("A file where a folder should be is named, and stays")
    func fileInTheWay() async throws {
        try await withTemporaryFolder { root in
            let file = root + "/taken"
            try Data("mine".utf8).write(to: URL(filePath: file))
            for path in [file, file + "/results"] {
                let error = try #require(throws: ResultFolderError.self) { try ResultFolder(path: path) }
                #expect(error == ResultFolderError(path: file, cause: .notAFolder))
            }
            #expect(try text(file) == "mine")
        }
    }

    @Test("A folder where the file should go is named, and nothing is left behind")
    func folderInTheWay() async throws {
        try await withTemporaryFolder { root in
            let folder = try ResultFolder(path: root + "/results")
            _ = try ResultFolder(path: root + "/results/samples.csv")
            let error = try #require(throws: ResultFolderError.self) { try folder.write("x", to: "samples.csv") }
            #expect(error == ResultFolderError(path: root + "/results/samples.csv", cause: .folderInTheWay))
            #expect(try names(in: folder.path) == ["samples.csv"])
        }
    }

    @Test("An empty path and a path that nothing can be made at are refused")
    func impossiblePaths() throws {
        for path in ["", "/dev/null/results", "/proc/self/results"] {
            #expect(throws: ResultFolderError.self) { try ResultFolder(path: path) }
        }
    }

    @Test(
        "Whatever call fails, the old file stays, no temporary one does, and the error says why",
        arguments: FailingFileCall.allCases,
        [
            (ENOSPC, .noSpace), (EDQUOT, .noSpace), (EROFS, .readOnly), (EACCES, .noPermission),
            (EIO, .other(errno: EIO)),
        ] as [(CInt, ResultFolderError.Cause)]
    )
    func failingCalls(failure: FailingFileCall, cause: (code: CInt, named: ResultFolderError.Cause)) async throws {
        try await withTemporaryFolder { root in
            try ResultFolder(path: root).write("old", to: "samples.csv")
            let switchedOn = FailureSwitch()
            let folder = try ResultFolder(path: root, calls: failure.calls(failingWith: cause.code, when: switchedOn))
            switchedOn.turnOn()
            let error = try #require(throws: ResultFolderError.self) { try folder.write("new", to: "samples.csv") }
            #expect(error == ResultFolderError(path: root + "/samples.csv", cause: cause.named))
            #expect(error.description.contains("'\(root)/samples.csv'"))
            #expect(error.description.contains("--output DIR"))
            #expect(try names(in: root) == ["samples.csv"])
            #expect(try text(root + "/samples.csv") == "old")
        }
    }

    @Test("A folder that can't be written to is found out beforehand", arguments: FailingFileCall.writing)
    func probesBeforehand(failure: FailingFileCall) async throws {
        try await withTemporaryFolder { root in
            let switchedOn = FailureSwitch()
            switchedOn.turnOn()
            let error = try #require(throws: ResultFolderError.self) {
                try ResultFolder(path: root, calls: failure.calls(failingWith: EROFS, when: switchedOn))
            }
            #expect(error == ResultFolderError(path: root, cause: .readOnly))
            #expect(try names(in: root).isEmpty)
        }
    }

    @Test("A disk that is full in earnest is told from others", .enabled(if: access("/dev/full", W_OK) == 0))
    func fullDevice() async throws {
        try await withTemporaryFolder { root in
            var calls = FileCalls.system
            calls.create = { _ throws(SystemError) in
                let descriptor = open("/dev/full", O_WRONLY)
                guard descriptor >= 0 else { throw SystemError(code: errno) }
                return descriptor
            }
            let error = try #require(throws: ResultFolderError.self) { try ResultFolder(path: root, calls: calls) }
            #expect(error == ResultFolderError(path: root, cause: .noSpace))
            #expect(error.description.contains("no space left on the disk"))
        }
    }

    @Test("Writes of a byte at a time make the whole file")
    func partialWrites() async throws {
        try await withTemporaryFolder { root in
            var calls = FileCalls.system
            calls.write = { descriptor, bytes throws(SystemError) in
                try FileCalls.system.write(descriptor, bytes.prefix(1))
            }
            try ResultFolder(path: root, calls: calls).write("all of it", to: "file")
            #expect(try text(root + "/file") == "all of it")
        }
    }

    @Test("What a killed run left is swept up; what a living one is writing, and all else, is not")
    func sweepsLeftovers() async throws {
        try await withTemporaryFolder { root in
            let others = [
                ".samples.csv.\(getpid()).7.partial", ".samples.csv.\(Int32.max).7.keep", ".\(Int32.max).7.partial",
                "samples.csv.\(Int32.max).7.partial", ".samples.csv.x.7.partial", ".samples.csv.-1.7.partial",
            ]
            for name in others + [".samples.csv.\(Int32.max).7.partial"] {
                try Data().write(to: URL(filePath: root + "/" + name))
            }
            _ = try ResultFolder(path: root)
            #expect(try names(in: root) == others.sorted())
        }
    }

    @Test("A write that is killed half-way leaves the old file whole")
    func killedHalfWay() async throws {
        try await withTemporaryFolder { root in
            try ResultFolder(path: root).write("old", to: "samples.csv")
            var calls = FileCalls.system
            // As after a kill: what was begun stays as it is, and nobody cleans up.
            calls.remove = { _ in }
            calls.write = { descriptor, bytes throws(SystemError) in
                guard bytes.startIndex == 0 else { throw SystemError(code: EIO) }
                return try FileCalls.system.write(descriptor, bytes.prefix(1))
            }
            let folder = try ResultFolder(path: root, calls: calls)
            #expect(throws: ResultFolderError.self) { try folder.write("new", to: "samples.csv") }
            #expect(try text(root + "/samples.csv") == "old")
            #expect(try names(in: root).filter { $0.hasPrefix(".samples.csv.") }.count == 1)
        }
    }

    private func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }
}

/// A call that fails once it is told to.
enum FailingFileCall: CaseIterable {
    case create, write, writeAfterSome, synchronize, close, rename

    static let writing: [FailingFileCall] = [.create, .write, .synchronize, .close]

    func calls(failingWith code: CInt, when switchedOn: FailureSwitch) -> FileCalls {
        let system = FileCalls.system
        var calls = system
        let check: @Sendable () throws(SystemError) -> Void = { () throws(SystemError) in
            if switchedOn.isOn { throw SystemError(code: code) }
        }
        switch self {
        case .create:
            calls.create = { path throws(SystemError) in
                try check()
                return try system.create(path)
            }
        case .write:
            calls.write = { descriptor, bytes throws(SystemError) in
                try check()
                return try system.write(descriptor, bytes)
            }
        case .writeAfterSome:
            calls.write = { descriptor, bytes throws(SystemError) in
                if bytes.startIndex > 0 { try check() }
                return try system.write(descriptor, bytes.prefix(1))
            }
        case .synchronize:
            calls.synchronize = { descriptor throws(SystemError) in
                try check()
                try system.synchronize(descriptor)
            }
        case .close:
            calls.close = { descriptor throws(SystemError) in
                try system.close(descriptor)
                try check()
            }
        case .rename:
            calls.rename = { from, to throws(SystemError) in
                try check()
                try system.rename(from, to)
            }
        }
        return calls
    }
}

final class FailureSwitch: Sendable {
    private let state = Mutex(false)

    var isOn: Bool { state.withLock { $0 } }

    func turnOn() { state.withLock { $0 = true } }
}
