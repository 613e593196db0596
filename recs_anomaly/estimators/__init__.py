"""scikit-learn estimators: the contract on X and y."""
