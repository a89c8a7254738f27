@_exported public import BackpressureMonitoring
@_exported public import BoundedQueues
@_exported public import CircuitBreakers
@_exported public import FlowControl
@_exported public import RateLimiters
