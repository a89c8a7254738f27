/* A library, but not for the suite. */
int answer(void) { return 42; }
