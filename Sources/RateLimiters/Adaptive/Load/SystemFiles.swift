#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// The small text files in which Linux tells about itself.
struct SystemFiles: Sendable {
    /// What a file says; that there is none is other news than that it can't be read.
    enum Contents {
        case text(String)
        case missing
        case unreadable

        var text: String? {
            guard case .text(let text) = self else { return nil }
            return text
        }
    }

    private let root: String

    init(root: String) {
        self.root = root.hasSuffix("/") ? String(root.dropLast()) : root
    }

    /// Reads a file whose path begins with a slash.
    func read(_ path: String) -> Contents {
        let file = open(root + path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return errno == ENOENT || errno == ENOTDIR ? .missing : .unreadable }
        defer { close(file) }
        var bytes: [UInt8] = []
        let size = 16_384
        while bytes.count < 64 * size {
            var isAtEnd = false
            var isBroken = false
            let chunk = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                #if canImport(Darwin)
                let result = Darwin.read(file, buffer.baseAddress, size)
                #elseif canImport(Musl)
                let result = Musl.read(file, buffer.baseAddress, size)
                #else
                let result = Glibc.read(file, buffer.baseAddress, size)
                #endif
                // The kernel refuses some files only when they are read, such as pressures where they are switched off.
                isBroken = result < 0 && errno != EINTR
                isAtEnd = result == 0
                count = max(0, result)
            }
            if isBroken { return .unreadable }
            bytes += chunk
            if isAtEnd { return .text(String(decoding: bytes, as: UTF8.self)) }
        }
        return .unreadable
    }

    /// The share of the machine's memory that isn't available.
    func usedMemory() -> Double? {
        guard let text = read("/proc/meminfo").text,
            let total = text.number(after: "MemTotal:"), total > 0,
            let available = text.number(after: "MemAvailable:")
        else { return nil }
        return 1 - available / total
    }

    /// The processors' time since the machine was started.
    func processorTime() -> ProcessorTime? {
        guard let line = read("/proc/stat").text?.split(separator: "\n").first else { return nil }
        let words = line.split(separator: " ")
        guard words.first == "cpu" else { return nil }
        // user, nice, system, idle, iowait, irq, softirq, steal; what follows is part of user and nice.
        let ticks = words.dropFirst().prefix(8).map { Double($0) }
        guard ticks.count >= 4, !ticks.contains(nil) else { return nil }
        let numbers = ticks.compactMap(\.self)
        return ProcessorTime(total: numbers.reduce(0, +), idle: numbers[3] + (numbers.count > 4 ? numbers[4] : 0))
    }

    /// The share of the last ten seconds in which some task stood still, from a file of pressure stall information.
    func pressure(_ path: String) -> Contents.Pressure {
        switch read(path) {
        case .missing: return .missing
        case .unreadable: return .unreadable
        case .text(let text):
            let some = text.split(separator: "\n").first { $0.hasPrefix("some ") }
            let average = some?.split(separator: " ").first { $0.hasPrefix("avg10=") }?.dropFirst(6)
            guard let average, let percent = Double(average), percent.isFinite else { return .unreadable }
            return .share(percent / 100)
        }
    }
}

extension SystemFiles.Contents {
    enum Pressure {
        case share(Double)
        case missing
        case unreadable
    }
}

/// How long processors were there, and idle, in ticks of the kernel's.
struct ProcessorTime: Sendable {
    var total: Double
    var idle: Double

    func busyShare(since earlier: ProcessorTime?) -> Double? {
        guard let earlier, total > earlier.total else { return nil }
        // Time spent waiting for a disk can be corrected downwards.
        return 1 - max(0, idle - earlier.idle) / (total - earlier.total)
    }
}

extension String {
    /// The number that follows a word at the beginning of a line; `nil`: there is no such line, or it isn't followed by
    /// a number.
    func number(after word: String) -> Double? {
        for line in split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.count >= 2, words[0] == word { return words[1].nonnegativeNumber }
        }
        return nil
    }
}

extension StringProtocol {
    /// A whole number that isn't negative, as the kernel writes them.
    var nonnegativeNumber: Double? { UInt64(self).map { Double($0) } }

    /// Without white space around it.
    var trimmed: String {
        let words = split(whereSeparator: \.isWhitespace)
        return words.joined(separator: " ")
    }
}
