"""What is to be known of data before anything is trained on them."""
