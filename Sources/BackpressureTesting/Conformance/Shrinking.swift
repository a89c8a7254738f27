/// The shortest part of a sequence of events that still fails, as far as leaving out and simplifying finds it.
///
/// - Parameters:
///   - events: a sequence that fails, each part of which makes sense.
///   - simpler: events that do less than one.
///   - fails: replays a sequence.
func shortest<Event>(
    _ events: [Event],
    simpler: (Event) -> [Event],
    fails: ([Event]) async -> Bool
) async -> [Event] {
    var events = events
    var length = max(1, events.count / 2)
    // Runs of half the length first, then of a quarter, at last single events, again and again until none can go.
    while true {
        var start = 0
        var isShorter = false
        while start < events.count {
            var candidate = events
            candidate.removeSubrange(start..<min(start + length, events.count))
            if await fails(candidate) {
                events = candidate
                isShorter = true
            } else {
                start += length
            }
        }
        if length > 1 {
            length /= 2
        } else if !isShorter {
            break
        }
    }
    for index in events.indices {
        for event in simpler(events[index]) {
            var candidate = events
            candidate[index] = event
            if await fails(candidate) {
                events = candidate
                break
            }
        }
    }
    return events
}
