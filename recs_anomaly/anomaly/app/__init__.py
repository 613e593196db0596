"""What programs do with a detector: find, watch, tell, many series at once."""
