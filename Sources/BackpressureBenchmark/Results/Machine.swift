import Foundation

/// What the operating system says of the machine.
struct Machine {
    var host: String?
    var kernel: String?
    var cpuModel: String?

    static func current() -> Machine {
        var machine = Machine()
        var names = utsname()
        if uname(&names) == 0 {
            machine.host = text(of: names.nodename)
            let kernel = [text(of: names.sysname), text(of: names.release)].compactMap(\.self)
            machine.kernel = kernel.isEmpty ? nil : kernel.joined(separator: " ")
        }
        #if canImport(Darwin)
        machine.cpuModel = systemControl("machdep.cpu.brand_string")
        #else
        machine.cpuModel = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)).flatMap(cpuModel(inCPUInfo:))
        #endif
        return machine
    }

    /// The first model name in the text of `/proc/cpuinfo`; some architectures give none.
    static func cpuModel(inCPUInfo text: String) -> String? {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if parts.count == 2, parts[0] == "model name", !parts[1].isEmpty { return parts[1] }
        }
        return nil
    }

    /// The text up to the first 0 of a C array of characters, which Swift imports as a tuple.
    private static func text<Characters>(of characters: Characters) -> String? {
        let text = withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return text.isEmpty ? nil : text
    }

    #if canImport(Darwin)
    private static func systemControl(_ name: String) -> String? {
        var size = 0
        guard sysctlbyname(name, nil, &size, nil, 0) == 0, size > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: size)
        guard sysctlbyname(name, &bytes, &size, nil, 0) == 0 else { return nil }
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    #endif
}
