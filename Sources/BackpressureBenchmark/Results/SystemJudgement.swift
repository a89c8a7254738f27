/// Whether a system kept what it had to, or, of a control, showed what happens without.
struct SystemJudgement {
    /// What is wrong, in words; `nil`: nothing.
    let complaint: String?

    init(_ figures: SystemFigures, role: Role) {
        complaint =
            SystemJudgement.unaccounted(figures.account)
            ?? (role == .contender ? SystemJudgement.broken(figures) : SystemJudgement.blind(figures))
    }

    /// Elements are accounted for whoever handles them.
    private static func unaccounted(_ account: ElementAccount) -> String? {
        if account.lost > 0 { return "lost \(account.lost) of \(account.offered) elements" }
        if account.surplus > 0 { return "\(account.surplus) elements came out twice, or came from nowhere" }
        let ended = account.refused + account.delivered + account.deadLettered + account.left
        return ended == account.offered ? nil : "offered \(account.offered) elements, of which \(ended) ended somewhere"
    }

    private static func broken(_ figures: SystemFigures) -> String? {
        figures.promises.first { $0.isHard && !$0.isKept }.map {
            "\($0.what): \(Numbers.decimal($0.value, decimals: 0)), where \(Numbers.decimal($0.most, decimals: 0)) is the "
                + "most"
        }
    }

    /// A control that fares as well as what it is set beside shows that the load asks nothing.
    private static func blind(_ figures: SystemFigures) -> String? {
        guard !figures.promises.isEmpty, figures.promises.allSatisfy(\.isKept) else { return nil }
        let kept = figures.promises.map {
            "\($0.what): \(Numbers.decimal($0.value, decimals: 0)) of \(Numbers.decimal($0.most, decimals: 0))"
        }
        return "this control kept within every bound (\(kept.joined(separator: "; "))), so the scenario shows nothing"
    }
}
