"""Results as pages: plain summaries first, then HTML made of them."""
