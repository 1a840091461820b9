"""What must hold when processes die, stop, race, or lose their broker: with real processes and real servers."""
