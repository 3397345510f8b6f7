"""Models that learn a row's cells from each other: what the contextual embedders train."""
