"""What the rooms tell each other: frozen values, no behaviour but parsing and spelling."""
