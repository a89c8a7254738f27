import Yams

/// The keys and values of a YAML mapping, with their places.
struct YAMLMapping {
    let place: InputPlace
    /// The key that the mapping belongs to; `nil` at the top of the file.
    let name: String?
    private let entries: [(key: String, keyPlace: InputPlace, value: YAMLValue)]

    init(_ mapping: Node.Mapping, name: String?, place: InputPlace) throws(InputFileError) {
        var entries: [(key: String, keyPlace: InputPlace, value: YAMLValue)] = []
        for (key, value) in mapping {
            let keyPlace = YAMLDocument.place(key, path: place.path)
            guard let key = key.scalar?.string else {
                throw keyPlace.error("a key must be a word; found a mapping or a list")
            }
            let qualified = name.map { "\($0).\(key)" } ?? key
            let valuePlace = YAMLDocument.place(value, path: place.path)
            entries.append((key, keyPlace, YAMLValue(name: qualified, node: value, place: valuePlace)))
        }
        self.entries = entries
        self.name = name
        self.place = place
    }

    /// The value of a key; `nil` if the key isn't there.
    subscript(key: String) -> YAMLValue? {
        entries.first { $0.key == key }?.value
    }

    /// The value of a key that must be there.
    func required(_ key: String) throws(InputFileError) -> YAMLValue {
        guard let value = self[key] else {
            throw place.error("the key '\(key)' is missing\(name.map { " in '\($0)'" } ?? "")")
        }
        return value
    }

    /// Checks that every key is in `known`.
    ///
    /// - Parameter elsewhere: says of a key that isn't where it belongs, if it belongs anywhere.
    /// - Throws: ``InputFileError`` at the first key that isn't, with the known key that was probably meant.
    func check(known: [String], elsewhere: (String) -> String? = { _ in nil }) throws(InputFileError) {
        for (key, keyPlace, _) in entries where !known.contains(key) {
            if let home = elsewhere(key) { throw keyPlace.error("the key '\(key)' \(home)") }
            let owner = name.map { " in '\($0)'" } ?? ""
            let hint = NearestWord.hint(for: key, among: known)
            throw keyPlace.error("unknown key '\(key)'\(owner)\(hint) (known: \(known.joined(separator: ", ")))")
        }
    }
}
