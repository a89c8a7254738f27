extension Array {
    /// Appends elements that are written side by side into memory: to append them one by one is to look each time whether the
    /// array is anyone else's and has room.
    ///
    /// - Parameters:
    ///   - count: how many; above 0.
    ///   - fill: initializes that many, from the address on.
    @inlinable @inline(__always)
    mutating func append(count: Int, filling fill: (UnsafeMutablePointer<Element>) -> Void) {
        #if compiler(>=6.3)
        append(addingCapacity: count) { span in
            span.withUnsafeMutableBufferPointer { memory, initialized in
                // As many as were asked for, which is at least one.
                fill(memory.baseAddress.unsafelyUnwrapped)
                initialized = count
            }
        }
        #else
        withUnsafeTemporaryAllocation(of: Element.self, capacity: count) { memory in
            fill(memory.baseAddress.unsafelyUnwrapped)
            append(contentsOf: memory)
            memory.deinitialize()
        }
        #endif
    }
}
