"""Speaking with code hosts: what their webhooks say, and their APIs. Knows no tables."""
