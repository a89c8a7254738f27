#include "backpressure_abi.h"
