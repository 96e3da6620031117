"""Git over smart HTTP from bare repositories, served by the lab itself."""
