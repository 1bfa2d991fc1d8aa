"""Acts that write the register: one function, one transaction, one ledger entry."""
