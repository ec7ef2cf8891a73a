"""May they: pure functions, facts in, decision or Refusal out. No clock, no disk, no engine."""
