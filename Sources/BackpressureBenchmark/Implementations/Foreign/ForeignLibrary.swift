import CForeignImplementations
import Foundation

/// A shared library that is open in this process.
///
/// It stays open: what it gave out points into it.
struct ForeignLibrary {
    /// As it was given.
    let path: String
    // A handle of the dynamic loader, which nobody closes.
    private let handle: UnsafeMutableRawPointer

    /// Opens the library and runs its initialisers.
    ///
    /// - Throws: ``InputFileError`` if there is no such file or if it isn't a library that can be loaded here.
    init(path: String) throws(InputFileError) {
        _ = try InputFile(path: path)
        // A name without a slash would be searched for in the system's folders.
        let absolute = URL(fileURLWithPath: path).path
        guard let handle = dlopen(absolute, RTLD_NOW | RTLD_LOCAL) else {
            let said = dlerror().map { String(cString: $0) } ?? "unknown reason"
            let reason = said.hasPrefix(absolute + ": ") ? String(said.dropFirst(absolute.count + 2)) : said
            throw InputFileError(
                path: path,
                message: "can't be loaded as a shared library (\(reason)); build one for this machine with "
                    + "'cc -O2 -shared -fPIC -I…/CForeignImplementations/include -o libmine.so mine.c'"
            )
        }
        self.path = path
        self.handle = handle
    }

    /// The entries of one kind, checked; `nil`: the library doesn't export any.
    ///
    /// - Throws: ``InputFileError`` at the first entry that isn't as the header has it.
    func entries<Entry: ForeignEntry>(_: Entry.Type = Entry.self) throws(InputFileError) -> [UnsafePointer<Entry>]? {
        guard let symbol = dlsym(handle, Entry.symbol) else { return nil }
        let list = unsafeBitCast(symbol, to: (@convention(c) (UnsafeMutablePointer<Int>?) -> UnsafeRawPointer?).self)
        var count = 0
        guard let pointers = list(&count)?.assumingMemoryBound(to: UnsafePointer<Entry>?.self), count > 0 else {
            throw error("\(Entry.symbol) gives no entries; it must set *count to at least 1 and return the entries")
        }
        guard count <= Self.maximumEntries else {
            throw error("\(Entry.symbol) says that it has \(count) entries; allowed: 1 to \(Self.maximumEntries)")
        }
        var entries: [UnsafePointer<Entry>] = []
        for index in 0..<count {
            let name = "entry \(index + 1) of \(Entry.symbol)"
            guard let entry = pointers[index] else { throw error("\(name) is NULL; *count is \(count)") }
            if let complaint = entry.pointee.complaint { throw error("\(name) \(complaint)") }
            entries.append(entry)
        }
        return entries
    }

    func error(_ message: String) -> InputFileError { InputFileError(path: path, message: message) }

    private static let maximumEntries = 1_000
}

/// An entry of a library's list, as C lays it out.
protocol ForeignEntry {
    /// The function that lists entries of this kind.
    static var symbol: String { get }
    var abi_version: UInt32 { get }
    var identifier: UnsafePointer<CChar>! { get }
    var specification: UInt32 { get }
    /// The functions that there must be, and whether they are there.
    var requiredFunctions: KeyValuePairs<String, Bool> { get }
}

extension backpressure_queue_v1: ForeignEntry {
    static var symbol: String { "backpressure_queues_v1" }

    var requiredFunctions: KeyValuePairs<String, Bool> {
        ["create": create != nil, "destroy": destroy != nil, "try_push": try_push != nil, "try_pop": try_pop != nil]
    }
}

extension backpressure_limiter_v1: ForeignEntry {
    static var symbol: String { "backpressure_limiters_v1" }

    var requiredFunctions: KeyValuePairs<String, Bool> {
        ["create": create != nil, "destroy": destroy != nil, "try_acquire": try_acquire != nil]
    }
}

extension ForeignEntry {
    /// What is wrong with it and what would be right; `nil`: nothing. The version comes first: with another one the rest
    /// may lie elsewhere.
    fileprivate var complaint: String? {
        guard abi_version == BACKPRESSURE_ABI_VERSION else {
            return "has abi_version \(abi_version), and this tool knows version \(BACKPRESSURE_ABI_VERSION); "
                + "build it with the backpressure_abi.h of this package"
        }
        guard let identifier else { return "has no identifier (NULL); give it one of a-z, 0-9 and '-'" }
        let id = String(cString: identifier)
        guard Registry.isIdentifier(id), id.utf8.count <= 64 else {
            return "has the identifier '\(id.prefix(80))'; it must be 1 to 64 characters of a-z, 0-9 and '-'"
        }
        let missing = requiredFunctions.filter { !$0.value }.map(\.key)
        guard missing.isEmpty else {
            let required = requiredFunctions.map(\.key).joined(separator: ", ")
            return "('\(id)') has no \(missing.joined(separator: ", ")) (NULL); required are \(required)"
        }
        guard specification <= 2 else {
            return "('\(id)') has the specification \(specification); allowed: 0, 1, 2 (see backpressure_abi.h)"
        }
        return nil
    }
}
