"""Questions that other rooms and the pages ask."""
