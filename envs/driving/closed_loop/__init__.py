"""The closed loop: an ego that executes half a second of each plan at 10 Hz, among traffic that reacts to it, and the judge of what happens."""
