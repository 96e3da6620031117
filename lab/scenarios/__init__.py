"""What is done on a bench of four ports: the flow of a lab, and scenarios."""
