"""How good a prediction is: one file a kind of question."""
