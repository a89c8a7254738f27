@_exported public import BoundedQueues
@_exported public import RateLimiters
