/// Finds the word that was probably meant, for error messages.
enum NearestWord {
    /// The one of `known` that `word` was probably meant to be; `nil` if none is near. O(known · length²).
    ///
    /// Near means: a third of the letters wrong at most (one always), or one word the beginning of the other.
    static func to(_ word: String, among known: [String]) -> String? {
        let longestWord = 64
        guard word.count <= longestWord else { return nil }
        let folded = word.lowercased()
        let ranked = known.map { (word: $0, distance: distance(folded, $0)) }.sorted { $0.distance < $1.distance }
        guard let nearest = ranked.first else { return nil }
        if nearest.distance <= max(1, folded.count / 3) { return nearest.word }
        let shortestBeginning = 3
        return known.first {
            min($0.count, folded.count) >= shortestBeginning && ($0.hasPrefix(folded) || folded.hasPrefix($0))
        }
    }

    /// `; did you mean 'WORD'?`, or nothing if no known word is near.
    static func hint(for word: String, among known: [String]) -> String {
        to(word, among: known).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// Letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
    private static func distance(_ first: String, _ second: String) -> Int {
        let (first, second) = (Array(first), Array(second))
        var beforePrevious: [Int] = []
        var previous = Array(0...second.count)
        for row in first.indices {
            var current = [row + 1]
            for column in second.indices {
                let replaced = previous[column] + (first[row] == second[column] ? 0 : 1)
                var best = min(replaced, previous[column + 1] + 1, current[column] + 1)
                let swapped =
                    row > 0 && column > 0 && first[row] == second[column - 1] && first[row - 1] == second[column]
                if swapped { best = min(best, beforePrevious[column - 1] + 1) }
                current.append(best)
            }
            (beforePrevious, previous) = (previous, current)
        }
        return previous[second.count]
    }
}
