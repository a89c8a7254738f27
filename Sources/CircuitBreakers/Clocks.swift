// Breakers are made with a clock, so whoever imports them can name those that there are.
@_exported public import protocol ConcurrencySupport.NanosecondClock
@_exported public import struct ConcurrencySupport.SystemNanosecondClock
