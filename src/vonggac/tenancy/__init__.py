"""Who acts, and which part of the tree they see: the scope under every read and write."""
