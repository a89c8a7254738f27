/// A value that can stand in a field of comma-separated values.
package protocol CSVValue: Sendable {
    /// The field's text, the same in every locale; `nil`: missing.
    var csvField: String? { get }

    /// The value that has this text; `nil`: none has.
    init?(csvField: String)

    /// What a field must hold, in words that follow "is not".
    static var csvKind: String { get }
}

extension String: CSVValue {
    package var csvField: String? { self }
    package init?(csvField: String) { self = csvField }
    package static var csvKind: String { "a text" }
}

extension Bool: CSVValue {
    package var csvField: String? { description }
    package init?(csvField: String) { self.init(csvField) }
    package static var csvKind: String { "true or false" }
}

extension Int: CSVValue {
    package var csvField: String? { description }
    package init?(csvField: String) { self.init(csvField, radix: 10) }
    package static var csvKind: String { "a whole number" }
}

extension UInt64: CSVValue {
    package var csvField: String? { description }
    package init?(csvField: String) { self.init(csvField, radix: 10) }
    package static var csvKind: String { "a whole number from 0" }
}

extension Optional: CSVValue where Wrapped: CSVValue {
    package var csvField: String? { flatMap(\.csvField) }
    package init?(csvField: String) {
        guard let wrapped = Wrapped(csvField: csvField) else { return nil }
        self = .some(wrapped)
    }
    package static var csvKind: String { Wrapped.csvKind }
}

extension CSVValue where Self: RawRepresentable, RawValue == String {
    package var csvField: String? { rawValue }
    package init?(csvField: String) { self.init(rawValue: csvField) }
    package static var csvKind: String { "one of the values that this version knows" }
}

extension Double: CSVValue {
    /// The fewest decimals that read back as the same number, with no exponent; missing if not finite.
    package var csvField: String? {
        guard isFinite else { return nil }
        // The description has the shortest digits that round-trip, but an exponent if the number is large or small.
        let parts = magnitude.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        var whole = String(mantissa[0])
        var fraction = mantissa.count > 1 && mantissa[1] != "0" ? String(mantissa[1]) : ""
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        if exponent > 0 {
            let digits = fraction + String(repeating: "0", count: max(0, exponent - fraction.count))
            whole += digits.prefix(exponent)
            fraction = String(digits.dropFirst(exponent))
        } else if exponent < 0 {
            let digits = String(repeating: "0", count: max(0, 1 - exponent - whole.count)) + whole
            whole = String(digits.dropLast(-exponent))
            fraction = digits.suffix(-exponent) + fraction
        }
        let sign = self < 0 ? "-" : ""
        return fraction.isEmpty ? sign + whole : "\(sign)\(whole).\(fraction)"
    }

    /// Finite numbers alone, in decimals.
    package init?(csvField: String) {
        let allowed = csvField.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
        guard allowed, let value = Double(csvField), value.isFinite else { return nil }
        self = value
    }

    package static var csvKind: String { "a finite number" }
}
