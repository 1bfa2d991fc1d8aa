"""Acts on botnet lists: each one transaction, with its entries in the ledger."""
