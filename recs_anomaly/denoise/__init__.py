"""What a picture looked like without its noise: a denoising autoencoder."""
