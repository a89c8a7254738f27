#include "CConcurrencySupport.h"

// In a file of its own, so that no caller can see that it is empty.
void backpressure_reference_barrier(void) {}
