import CJemalloc
import Foundation

/// A limit on a child process's memory, by the strictest means the machine offers.
///
/// `RLIMIT_AS` and `RLIMIT_DATA` aren't among them: they charge 8 MiB for every thread's stack.
enum MemoryCap {
    /// How the cap is enforced; the `cap_method` column.
    enum Method: String, Codable, Sendable, CaseIterable {
        case cgroupV2 = "cgroup-v2"
        case cgroupV1 = "cgroup-v1"
        /// jemalloc refuses to grow: nothing to be set up, but only malloc's memory counts.
        case extentHooks = "extent-hooks"
    }

    /// What the child does first to come under its cap.
    struct Orders: Codable, Sendable, Equatable {
        var method: Method
        var bytes: Int
        /// The folder of the cgroup to enter.
        var cgroup: String?
    }

    /// Asks for a method by name instead of taking the best: to compare them, or where a cgroup is in the way.
    static let environmentVariable = "BACKPRESSURE_CAP_METHOD"

    /// What the variable asks for, in the user's words; `nil`: nothing.
    static let asked = ProcessInfo.processInfo.environment[environmentVariable]

    /// The best method that works here. Makes and removes a cgroup to find out.
    static let method: Method = {
        for candidate in asked.flatMap(Method.init(rawValue:)).map({ [$0] }) ?? [.cgroupV2, .cgroupV1] {
            if let group = try? CgroupFolder(method: candidate, capBytes: 64 << 20) {
                group.remove()
                return candidate
            }
        }
        return .extentHooks
    }()

    /// Brings this process under its cap; only a child does.
    ///
    /// - Throws: ``CgroupError`` or ``ExtentHookError``.
    static func enter(_ orders: Orders) throws {
        if let cgroup = orders.cgroup {
            try CgroupFolder.enter(cgroup)
        } else {
            let status = backpressure_cap_extents(orders.bytes)
            guard status == 0 else { throw ExtentHookError(status: status) }
        }
    }

    /// The exit code of a child that ran into the extent hooks' budget.
    static let extentHooksExitCode = Int(BACKPRESSURE_CAP_EXIT_CODE)

    struct ExtentHookError: Error, CustomStringConvertible {
        let status: Int32
        var description: String {
            "jemalloc would not take the hooks that cap its memory: \(String(cString: strerror(status)))"
        }
    }
}
