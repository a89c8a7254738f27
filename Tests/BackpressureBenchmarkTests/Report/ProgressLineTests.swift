import BackpressureBenchmark
import Testing

@Suite("Progress")
struct ProgressLineTests {
    @Test("A terminal's line is rewritten in place at every step")
    func rewrites() {
        var progress = ProgressLine(terminalWidth: 80)
        let first = progress.update(step: 1, of: 12, label: "ring", remainingSeconds: 80, atSeconds: 0)
        let second = progress.update(step: 2, of: 12, label: "actor", remainingSeconds: nil, atSeconds: 0)
        #expect(first == "\r[1/12] ring, 1 min 20 s left\u{1B}[K")
        #expect(second == "\r[2/12] actor\u{1B}[K")
        let cleared = [progress.clear(), progress.clear()]
        #expect(cleared == ["\r\u{1B}[K", nil])
    }

    @Test("A narrow terminal cuts the label first, and never wraps", arguments: 0...40)
    func fits(width: Int) throws {
        var progress = ProgressLine(terminalWidth: width)
        let label = "日本語 and a long label"
        let line = progress.update(step: 3, of: 12, label: label, remainingSeconds: 5, atSeconds: 0)
        let visible = String(try #require(line).dropFirst().dropLast(3))
        #expect(visible.displayWidth <= max(0, width - 1))
        if width >= 20 { #expect(visible.hasSuffix(", 5 s left")) }
    }

    @Test("In a log lines are plain, and come every two seconds at most")
    func plain() {
        var progress = ProgressLine(terminalWidth: nil)
        let lines = [0, 0.5, 1.9, 2, 3.9, 4.5].map { seconds in
            progress.update(step: 1, of: 2, label: "a\nb", remainingSeconds: 3, atSeconds: seconds)
        }
        let line = "[1/2] a b, 3 s left\n"
        #expect(lines == [line, nil, nil, line, nil, line])
        let cleared = progress.clear()
        #expect(cleared == nil)
    }

    @Test("The time left is the plan, stretched as the finished work was")
    func remaining() {
        var time = RemainingTime(plannedSeconds: 100)
        #expect(time.remainingSeconds == 100)
        time.finished(planned: 10, actual: 16)
        #expect(time.remainingSeconds == 90 * 36 / 30, "a fifth of the plan counts as finished just as planned")
        time.finished(planned: 30, actual: 24)
        #expect(time.remainingSeconds == 60)
        time.finished(planned: 90, actual: 90)
        #expect(time.remainingSeconds == 0)
    }

    @Test("What one kind of work took says nothing of another")
    func kinds() {
        var time = RemainingTime(plannedSeconds: ["speed": 100, "flood": 50])
        #expect(time.remainingSeconds == 150)
        time.finished(planned: 60, actual: 120, kind: "speed")
        #expect(time.remainingSeconds == 40 * 140 / 80 + 50)
        time.finished(planned: 50, actual: 10, kind: "flood")
        #expect(time.remainingSeconds == 40 * 140 / 80)
        time.finished(planned: 1, actual: 100, kind: "nobody planned it")
        #expect(time.remainingSeconds == 40 * 140 / 80)
    }

    @Test("Plans and times that make no sense count as nothing")
    func senseless() {
        #expect(RemainingTime(plannedSeconds: .nan).remainingSeconds == 0)
        #expect(RemainingTime(plannedSeconds: -1).remainingSeconds == 0)
        var time = RemainingTime(plannedSeconds: 10)
        time.finished(planned: .infinity, actual: -5)
        time.finished(planned: 0, actual: 3)
        #expect(time.remainingSeconds == 10)
    }
}

@Suite("What is said of the time left")
struct TimeLeftLogTests {
    @Test("is held against how long it then took, but for the last tenth")
    func error() throws {
        var log = TimeLeftLog()
        log.said(leftSeconds: 90, atSeconds: 0)
        log.said(leftSeconds: 50, atSeconds: 50)
        log.said(leftSeconds: 10, atSeconds: 80)
        log.said(leftSeconds: 1_000, atSeconds: 95)
        let error = try #require(log.error(endedAtSeconds: 100))
        #expect(abs(error.worst - 0.5) < 1e-9 && abs(error.mean - 0.2) < 1e-9, "\(error)")
        #expect(TimeLeftLog().error(endedAtSeconds: 100) == nil)
        #expect(log.error(endedAtSeconds: 0) == nil)
    }
}
