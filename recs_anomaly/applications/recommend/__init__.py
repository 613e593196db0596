"""What should this person watch next? Titles in, titles out."""
