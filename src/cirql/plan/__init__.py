"""From a bound statement to the calls that answer it. Pure: no I/O, no clock, no environment."""
