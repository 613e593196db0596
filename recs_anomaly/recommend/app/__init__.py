"""Learning and recommending part by part, on the workers of an engine."""
