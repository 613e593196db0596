"""What in a series is not normal: a recurrent forecaster and an autoencoder."""
