"""Pictures of what happens in training: a file a kind, and one look for all of them."""
