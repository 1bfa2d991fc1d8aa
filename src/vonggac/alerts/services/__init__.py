"""Acts on sources, findings and suppressions: each one transaction, with its entry in the ledger."""
