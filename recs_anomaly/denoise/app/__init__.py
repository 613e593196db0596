"""What programs do with a denoiser: picture files, folders of them, outcomes."""
