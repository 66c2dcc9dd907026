"""The HTTP service: takes requests for trips, keeps them going, and shows what became of them."""
