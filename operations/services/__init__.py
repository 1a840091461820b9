"""What operations does of its own accord: sampling, judging thresholds, telling people."""
