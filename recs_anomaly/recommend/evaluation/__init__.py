"""How good recommendations are, beside baselines."""
