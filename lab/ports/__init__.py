"""What the lab asks of its four actors, and of time, Git and the network between them."""
