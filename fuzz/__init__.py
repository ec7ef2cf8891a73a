"""Coverage-guided fuzzing of what a stranger's bytes meet first."""
