"""What a person would watch next: restricted Boltzmann machines of ratings."""
