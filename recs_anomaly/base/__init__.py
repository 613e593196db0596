"""What several estimators share: parameter checks, state, callbacks, time axis."""
