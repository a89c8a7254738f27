/// Stands before a loop that takes turns with a queue or a limiter in a task, and after whatever may suspend the task.
///
/// After each `await` the compiler brings a task back to its executor, unless it knows that it never left. That is a locked
/// instruction in the runtime, which also waits for all stores under way: it costs about what the ring does. Loops over a
/// type that is known are spared it as long as nothing suspends. So are generic ones, but only if something needed the
/// executor after the last time that the task may have left it: otherwise the compiler saves that one return, and pays for
/// one in each turn. No test holds this: what the harness costs with tasks (the yardstick `null-queue`) shows it.
@inlinable @inline(__always)
func needsExecutor() {}
