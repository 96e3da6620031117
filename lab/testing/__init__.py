"""What tests of the lab and of its adapters share."""
