/// How full a ``WatermarkController``'s queue is, in words.
public enum WatermarkState: Int, Sendable, Hashable, CaseIterable {
    /// Below the first watermark.
    case normal
    /// From the first watermark on: by default 50 %.
    case elevated
    /// From the second watermark on: by default 80 %.
    case critical
    /// Full: producers feel the queue's policy.
    case blocked
    /// Shutting down: nothing more enters, all that was accepted is flushed. Left for ``drained`` alone.
    case draining
    /// Everything is flushed or given back. Never left.
    case drained

    /// What it asks of producers unless somebody sets something else: nothing, half their pace, a tenth, and to pause.
    public var defaultSignal: FlowSignal {
        switch self {
        case .normal: .resume
        case .elevated: FlowSignal(.throttle(0.5), reason: .other("elevated"))
        case .critical: FlowSignal(.throttle(0.1), reason: .other("critical"))
        case .blocked: FlowSignal(.pause, reason: .other("blocked"))
        case .draining, .drained: FlowSignal(.pause, reason: .shutDown)
        }
    }
}

extension WatermarkState: Comparable {
    /// Whether the first comes before: `normal < elevated < critical < blocked < draining < drained`.
    public static func < (first: WatermarkState, second: WatermarkState) -> Bool { first.rawValue < second.rawValue }
}

/// From which share of the capacity on a queue is elevated and critical, and how far it must fall below to be so no longer.
public struct Watermarks: Sendable, Hashable {
    /// The share from which on the state is ``WatermarkState/elevated``.
    public let elevated: Double
    /// The share from which on the state is ``WatermarkState/critical``.
    public let critical: Double
    /// A state is left for a lower one only when the queue is emptier by more than this share than where the state begins: a
    /// depth that wavers by less around a watermark changes nothing.
    public let hysteresis: Double

    /// - Parameters:
    ///   - elevated: above 0.
    ///   - critical: above `elevated`, at most 1.
    ///   - hysteresis: not negative, and less than `elevated`, so that an empty queue is normal. Else a precondition fails.
    public init(elevated: Double = 0.5, critical: Double = 0.8, hysteresis: Double = 0.05) {
        precondition(
            0 < elevated && elevated < critical && critical <= 1,
            "watermarks are shares, 0 < elevated < critical ≤ 1; they were \(elevated) and \(critical)"
        )
        precondition(
            0 <= hysteresis && hysteresis < elevated,
            "a hysteresis from 0 to below \(elevated); \(hysteresis)"
        )
        self.elevated = elevated
        self.critical = critical
        self.hysteresis = hysteresis
    }

    /// The share at which a state begins.
    func threshold(_ state: WatermarkState) -> Double {
        switch state {
        case .normal: 0
        case .elevated: elevated
        case .critical: critical
        case .blocked, .draining, .drained: 1
        }
    }
}

/// Which state follows from a depth: a pure value, without lock, clock or queue.
///
/// Up as soon as a watermark is reached; down when the depth is lower than the watermark by more than the hysteresis, one
/// watermark after the other by the same rule. ``WatermarkState/draining`` and ``WatermarkState/drained`` are changed by no
/// depth.
public struct WatermarkMachine: Sendable, Hashable {
    /// Where states begin.
    public let watermarks: Watermarks
    /// The state.
    public private(set) var state = WatermarkState.normal

    /// An empty queue.
    public init(_ watermarks: Watermarks = Watermarks()) {
        self.watermarks = watermarks
    }

    /// So many elements are inside.
    public mutating func update(depth: Int, capacity: Int) {
        guard state < .draining else { return }
        let fill = Double(depth) / Double(capacity)
        let plain = plainState(fill)
        if plain >= state {
            state = plain
            return
        }
        // One step after the other, each by the same rule.
        while state > plain, fill < watermarks.threshold(state) - watermarks.hysteresis {
            state = WatermarkState(rawValue: state.rawValue - 1) ?? .normal
        }
    }

    /// Nothing more is to enter.
    public mutating func beginDraining() {
        if state < .draining { state = .draining }
    }

    /// Everything is out. Begins draining if nobody has.
    public mutating func finishDraining() { state = .drained }

    private func plainState(_ fill: Double) -> WatermarkState {
        if fill >= 1 { return .blocked }
        if fill >= watermarks.critical { return .critical }
        return fill >= watermarks.elevated ? .elevated : .normal
    }
}
