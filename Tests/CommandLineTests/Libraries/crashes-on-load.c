/* Doesn't survive its own initialiser. */
#include <stdlib.h>

__attribute__((constructor)) static void initialise(void) { abort(); }
