/// The timestamp of an access log line: `[13/Jul/1995:08:30:00 -0400]`.
enum LogTimestamp {
    /// The second since 1970 (UTC) that stands in brackets before the quoted request; `nil` if there is none.
    ///
    /// Hosts and users before it may hold brackets themselves.
    static func epochSecond(in line: ArraySlice<UInt8>) -> Int64? {
        var index = line.startIndex
        while index < line.endIndex, line[index] != UInt8(ascii: "\"") {
            if line[index] == UInt8(ascii: "["), let second = parse(line[(index + 1)...]) { return second }
            index += 1
        }
        return nil
    }

    /// `13/Jul/1995:08:30:00 -0400]`, and whatever follows.
    private static func parse(_ text: ArraySlice<UInt8>) -> Int64? {
        var rest = text
        guard
            let day = number(&rest, digits: 2), take(&rest, "/"), let month = month(&rest), take(&rest, "/"),
            let year = number(&rest, digits: 4), take(&rest, ":"),
            let hour = number(&rest, digits: 2), take(&rest, ":"),
            let minute = number(&rest, digits: 2), take(&rest, ":"),
            let second = number(&rest, digits: 2), take(&rest, " "),
            let zone = zoneSeconds(&rest), take(&rest, "]")
        else { return nil }
        let leapSecond = 60
        guard (1...daysInMonth(month, year: year)).contains(day), hour < 24, minute < 60, second <= leapSecond else {
            return nil
        }
        let timeOfDay = hour * 3_600 + minute * 60 + second
        return Int64(daysSince1970(year: year, month: month, day: day) * 86_400 + timeOfDay - zone)
    }

    private static func number(_ text: inout ArraySlice<UInt8>, digits: Int) -> Int? {
        var number = 0
        for _ in 0..<digits {
            let zero = UInt8(ascii: "0")
            guard let digit = text.popFirst(), (zero...(zero + 9)).contains(digit) else { return nil }
            number = number * 10 + Int(digit - zero)
        }
        return number
    }

    private static func take(_ text: inout ArraySlice<UInt8>, _ character: Unicode.Scalar) -> Bool {
        text.popFirst() == UInt8(ascii: character)
    }

    private static let months = "JanFebMarAprMayJunJulAugSepOctNovDec".utf8.map { $0 }

    /// From 1.
    private static func month(_ text: inout ArraySlice<UInt8>) -> Int? {
        let name = text.prefix(3)
        text = text.dropFirst(3)
        return stride(from: 0, to: months.count, by: 3).first { months[$0..<($0 + 3)] == name }.map { $0 / 3 + 1 }
    }

    /// `-0400`: seconds east of Greenwich.
    private static func zoneSeconds(_ text: inout ArraySlice<UInt8>) -> Int? {
        let sign = text.popFirst()
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        guard let hours = number(&text, digits: 2), hours < 24 else { return nil }
        guard let minutes = number(&text, digits: 2), minutes < 60 else { return nil }
        let seconds = hours * 3_600 + minutes * 60
        return sign == UInt8(ascii: "+") ? seconds : -seconds
    }

    private static func daysInMonth(_ month: Int, year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// In the Gregorian calendar, with years that start in March, so that the leap day comes last.
    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let monthFromMarch = (month + 9) % 12
        let leapDays = shiftedYear / 4 - shiftedYear / 100 + shiftedYear / 400
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let daysBefore1970 = 719_468
        return shiftedYear * 365 + leapDays + dayOfYear - daysBefore1970
    }
}
