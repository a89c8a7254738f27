import ConcurrencySupport

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Blocks this thread for a while.
func sleep(nanoseconds: UInt64) {
    var span = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    nanosleep(&span, nil)
}

/// Blocks this thread until the clock reads so much.
func sleep(untilNanoseconds moment: UInt64) {
    let clock = SystemNanosecondClock()
    while true {
        let now = clock.nanoseconds()
        guard now < moment else { return }
        sleep(nanoseconds: moment - now)
    }
}
